/** The name under which a C function stands among the procedures: the model's own have the bare name. */
/** Local that holds what a cursor is after the walk that ended last. */
export const pastEndLocal = '%past';

export const codeName = (name: string): string => `c:${name}`;
