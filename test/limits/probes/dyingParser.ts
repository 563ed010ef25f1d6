// The parser of an analysis process that is to die: as the real one, but for texts that name a death.

import { loadParser as loadReal, type LoadedParser, type ParserMode } from '../../../server/src/host/parser/load-parser.ts';

const deaths: Readonly<Record<string, () => void>> = {
  dies_by_segv: () => process.kill(process.pid, 'SIGSEGV'),
  dies_by_abort: () => process.abort(),
  dies_out_of_memory: () => {
    const hold: number[][] = [];
    for (;;) hold.push(Array.from({ length: 100_000 }, (_, at) => at));
  },
};

export async function loadParser(mode: ParserMode): Promise<LoadedParser> {
  const real = await loadReal(mode);
  return {
    ...real,
    parse: (text) => {
      for (const [name, die] of Object.entries(deaths)) if (text.includes(name)) die();
      return real.parse(text);
    },
  };
}
