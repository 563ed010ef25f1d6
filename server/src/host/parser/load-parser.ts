import type { GrammarNames, ParseOutcome } from '../../core/base/outside.ts';
import { fieldNames, symbolNames } from './grammar.ts';
import { defaultLimits, type ParserLimits } from './limits.ts';
import { loadNative } from './native.ts';
import { loadWasm } from './wasm.ts';

/** `auto` takes the native binding where it loads, and the wasm one elsewhere. */
export type ParserMode = 'auto' | 'native' | 'wasm';

export interface LoadedParser {
  readonly kind: 'native' | 'wasm';
  readonly grammar: GrammarNames;
  /** Parses C text into a flat table; never throws on any text. Offsets are UTF-16 units. */
  parse(text: string): ParseOutcome;
}

const grammar: GrammarNames = { symbols: symbolNames, fields: fieldNames };

/** Loads a C parser. Both kinds give equal tables. Throws only if `native` is asked for and does not load. */
export async function loadParser(mode: ParserMode = 'auto', limits: Partial<ParserLimits> = {}): Promise<LoadedParser> {
  const bounds = { ...defaultLimits, ...limits };
  if (mode !== 'wasm') {
    try {
      return { kind: 'native', grammar, parse: loadNative(bounds) };
    } catch (error) {
      if (mode === 'native') throw error;
    }
  }
  return { kind: 'wasm', grammar, parse: await loadWasm(bounds) };
}
