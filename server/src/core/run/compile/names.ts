/** The name under which a C function stands among the procedures: the model's own have the bare name. */
export const codeName = (name: string): string => `c:${name}`;
