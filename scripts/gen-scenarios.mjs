// Writes the scenarios of scenarios/*.yaml as a TypeScript table, so that the core has them without reading files.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Natural order of ids: S001-2 before S001-10, S001-2 before S001-2b. */
function order(left, right) {
  return left.localeCompare(right, 'en', { numeric: true });
}

/** The text that shipped.ts should have. */
export function shippedSource() {
  const names = readdirSync(join(root, 'scenarios'))
    .filter((name) => name.endsWith('.yaml'))
    .sort(order);
  const entries = names.map((name) => {
    const text = readFileSync(join(root, 'scenarios', name), 'utf8');
    return `  ${JSON.stringify([name, text])},`;
  });
  return [
    '// Generated from scenarios/ by `npm run gen`. Do not edit.',
    '',
    '/** File name and text of every shipped scenario, in the order of their ids. */',
    '// prettier-ignore',
    'export const shippedTexts: readonly (readonly [string, string])[] = [',
    ...entries,
    '];',
    '',
  ].join('\n');
}
