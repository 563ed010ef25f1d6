export function ruleIds(): string[];
/** Writes what is stale and returns the paths; with `check` only returns them. */
export function generate(options: { readonly check: boolean }): Promise<string[]>;
