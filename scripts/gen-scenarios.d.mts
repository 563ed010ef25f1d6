/** The text that server/src/core/model/shipped.ts should have. */
export function shippedSource(): string;
