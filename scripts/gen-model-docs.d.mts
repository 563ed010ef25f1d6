/** The text that docs/model.md should have. */
export function modelPage(): Promise<string>;
