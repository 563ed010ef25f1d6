// Tokenises a text with the grammar as VS Code does, with a small C grammar of our own inside.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const require = createRequire(import.meta.url);

export interface Token {
  readonly text: string;
  readonly scopes: readonly string[];
}

/** Enough of C to see where C begins and ends: comments and braces stay open over lines. */
const smallC = {
  scopeName: 'source.c',
  patterns: [
    { name: 'comment.block.c', begin: '/\\*', end: '\\*/' },
    { name: 'string.quoted.double.c', match: '"[^"]*"' },
    { name: 'keyword.control.c', match: '\\b(?:if|return|goto|static)\\b' },
    { name: 'meta.block.c', begin: '\\{', end: '\\}', patterns: [{ include: '$self' }] },
  ],
};

async function loadGrammar(): Promise<textmate.IGrammar> {
  await oniguruma.loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')));
  const file = new URL('../../syntaxes/kernel-patch-mail.tmLanguage.json', import.meta.url);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns: string[]) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text: string) => new oniguruma.OnigString(text),
    }),
    loadGrammar: (scope) => {
      if (scope === 'source.c') return Promise.resolve(textmate.parseRawGrammar(JSON.stringify(smallC), 'c.json'));
      return Promise.resolve(textmate.parseRawGrammar(readFileSync(file, 'utf8'), 'mail.json'));
    },
  });
  const grammar = await registry.loadGrammar('text.kernel-patch-mail');
  if (!grammar) throw new Error('the grammar did not load');
  return grammar;
}

const grammar = await loadGrammar();

/** Tokens of each line. */
export function tokenise(lines: readonly string[]): Token[][] {
  let state = textmate.INITIAL;
  return lines.map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens.map(({ startIndex, endIndex, scopes }) => ({ text: line.slice(startIndex, endIndex), scopes }));
  });
}

/** The scopes of the token that begins with or holds `text` on a line. */
export function scopesOf(line: readonly Token[], text: string): readonly string[] {
  const found = line.find((token) => token.text.includes(text));
  if (!found) throw new Error(`no token has ${JSON.stringify(text)}: ${JSON.stringify(line.map((token) => token.text))}`);
  return found.scopes;
}
