// What stands before every request: the connection's life, and the shape of what came in.

import { ErrorCodes, ResponseError } from 'vscode-languageserver/node';

type Check = (params: Record<string, unknown>) => boolean;

/** A request is answered only between `initialize` and `shutdown`, and only if its parameters have the right shape. */
export class Guard {
  private state: 'new' | 'serving' | 'shut' = 'new';

  /** To be called when `initialize` comes in. */
  initialize(): void {
    if (this.state !== 'new') throw new ResponseError(ErrorCodes.InvalidRequest, 'initialize was sent twice');
    this.state = 'serving';
  }

  shutdown(): void {
    this.state = 'shut';
  }

  /** Whether notifications count now. */
  get isServing(): boolean {
    return this.state === 'serving';
  }

  /** Wraps a request's handler; what the checks refuse is answered with the protocol's error for it. */
  request<P, T, R>(check: Check, handler: (params: P, token: T) => R): (params: P, token: T) => R {
    return (params, token) => {
      if (this.state === 'new') throw new ResponseError(ErrorCodes.ServerNotInitialized, 'initialize has to come first');
      if (this.state === 'shut') throw new ResponseError(ErrorCodes.InvalidRequest, 'the server was shut down');
      if (!isRecord(params) || !check(params)) throw new ResponseError(ErrorCodes.InvalidParams, 'wrong parameters');
      return handler(params, token);
    };
  }

  /** Wraps a notification's handler; one that comes too early, too late or in the wrong shape is ignored. */
  notification<P>(check: Check, handler: (params: P) => void): (params: P) => void {
    return (params) => {
      if (this.state === 'serving' && isRecord(params) && check(params)) handler(params);
    };
  }
}

export const hasDocument: Check = ({ textDocument }) => isRecord(textDocument) && typeof textDocument['uri'] === 'string';

export const hasPosition: Check = (params) => hasDocument(params) && isPosition(params['position']);

export const hasRange: Check = (params) => hasDocument(params) && isRange(params['range']);

export const hasRangeAndContext: Check = (params) => hasRange(params) && isRecord(params['context']);

export const hasText: Check = ({ textDocument: document }) =>
  isRecord(document) &&
  typeof document['uri'] === 'string' &&
  typeof document['text'] === 'string' &&
  typeof document['languageId'] === 'string' &&
  Number.isInteger(document['version']);

export const hasChanges: Check = ({ textDocument, contentChanges }) =>
  isRecord(textDocument) &&
  typeof textDocument['uri'] === 'string' &&
  Number.isInteger(textDocument['version']) &&
  Array.isArray(contentChanges) &&
  contentChanges.every((one) => isRecord(one) && typeof one['text'] === 'string' && (one['range'] === undefined || isRange(one['range'])));

function isRange(value: unknown): boolean {
  return isRecord(value) && isPosition(value['start']) && isPosition(value['end']);
}

function isPosition(value: unknown): boolean {
  return isRecord(value) && isCount(value['line']) && isCount(value['character']);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
