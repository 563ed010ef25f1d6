/** Tells long work that nobody waits for it any more. Work checks it between functions, never inside one. */
export interface CancelToken {
  readonly cancelled: boolean;
}

export const neverCancelled: CancelToken = { cancelled: false };

/** Thrown at a check of a cancelled token; caught once, where the work was started. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

export function throwIfCancelled(token: CancelToken): void {
  if (token.cancelled) throw new Cancelled();
}
