// Values of C on the machine: what they are, as numbers, and what the operators of C make of them.

import { errnos, maxErrno } from '../kernel/errnos.ts';
import type { Value } from '../model/machine/names.ts';
import { isNothing } from '../model/machine/names.ts';

/** Stored where 0 was written to memory whose first content is not known, so that it is not taken for unwritten. */
export const written0 = '!0';
/** What a cursor holds after its walk: an address that is no element. */
export const pastEnd = '!past';
/** The same, with the head of the list: a member's address of such a cursor is the head. */
export const pastEndOf = (head: Value): string => (typeof head === 'string' ? `${pastEnd} ${head}` : pastEnd);
export const isPastEnd = (value: Value): value is string => typeof value === 'string' && value.startsWith(pastEnd);

export const isErrorValue = (value: Value): value is `-E${string}` => typeof value === 'string' && value.startsWith('-E');
export const isSymbol = (value: Value): value is `?${string}` => typeof value === 'string' && value.startsWith('?');
export const isPart = (value: Value): value is `&${string}` => typeof value === 'string' && value.startsWith('&');
export const isFunction = (value: Value): value is `fn:${string}` => typeof value === 'string' && value.startsWith('fn:');
export const isString = (value: Value): value is `"${string}` => typeof value === 'string' && value.startsWith('"');
export { isNothing };

// Of two names for one number (EAGAIN, EWOULDBLOCK) the first of the table.
const errnoNames = new Map(
  Object.entries(errnos)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** An error number as the value that stands for it: -16 is '-EBUSY'. Other numbers stay. */
function errorOf(number: number): Value {
  const name = number < 0 && number >= -maxErrno ? errnoNames.get(-number) : undefined;
  return name === undefined ? number : `-${name}`;
}

/** The number of a value, where it has one: errors, words of the model and plain numbers do, pointers do not. */
export function numberOf(value: Value, words: ReadonlyMap<string, number>): number | null {
  if (isNothing(value)) return 0;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === true) return 1;
  if (typeof value !== 'string') return null;
  if (value.startsWith('-E')) {
    const number = errnos[value.slice(1)];
    return number === undefined ? null : -number;
  }
  return words.get(value) ?? null;
}

const wrap = (value: number): number => (Number.isSafeInteger(value) ? value : Number(BigInt.asIntN(64, BigInt(Math.trunc(value)))));

/** Arithmetic of two whole numbers; null where C leaves it open (division by zero), or the operator is none of these. */
export function arithmetic(operator: string, left: number, right: number): number | null {
  if (!Number.isInteger(left) || !Number.isInteger(right)) return null;
  switch (operator) {
    case '+':
      return wrap(left + right);
    case '-':
      return wrap(left - right);
    case '*':
      return wrap(left * right);
    case '/':
      return right === 0 ? null : Math.trunc(left / right);
    case '%':
      return right === 0 ? null : left % right;
    case '&':
      return Number(BigInt.asIntN(64, BigInt(left) & BigInt(right)));
    case '|':
      return Number(BigInt.asIntN(64, BigInt(left) | BigInt(right)));
    case '^':
      return Number(BigInt.asIntN(64, BigInt(left) ^ BigInt(right)));
    case '<<':
      return right < 0 || right > 63 ? null : Number(BigInt.asIntN(64, BigInt(left) << BigInt(right)));
    case '>>':
      return right < 0 || right > 63 ? null : Number(BigInt(left) >> BigInt(right));
    default:
      return null;
  }
}

/** A comparison of two numbers; null for other operators. */
export function compareNumbers(operator: string, left: number, right: number): boolean | null {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return null;
  }
}

/** What follows where a number is needed of a computed one: error numbers get their names back. */
export const asValue = (number: number): Value => (number < 0 ? errorOf(number) : number);

/** A pointer to a member of an object. */
export const partOf = (object: string, path: string): string => `&${object}.${path}`;
