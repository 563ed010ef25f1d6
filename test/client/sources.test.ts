// What the code may reach: no network anywhere, programs only where they are meant to be, and no way to run text as code.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const sources = ['client/src', 'server/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') })),
);

/** Paths of the sources that hold a pattern. */
const holding = (pattern: RegExp): string[] => sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

test('there are sources to look at', () => {
  expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(['client/src/extension.ts', 'server/src/lsp/server.ts']));
});

test('nothing opens a connection', () => {
  expect(holding(/from '(?:node:)?(?:https?|http2|tls|dns|dgram|inspector|cluster)(?:\/\w+)?'/)).toEqual([]);
  expect(holding(/\b(?:fetch|WebSocket|XMLHttpRequest|EventSource)\s*\(|\bimport\(\s*'(?:node:)?(?:https?|net)'/)).toEqual([]);
});

test('sockets are known to the pipe between server and analysis alone, which is given one and connects nowhere', () => {
  const users = sources.filter(({ text }) => /from '(?:node:)?net'/.test(text));
  expect(users.map(({ path }) => path)).toEqual(['server/src/host/analysis/control-pipe.ts']);
  expect(users.filter(({ text }) => /connect\s*\(|createConnection|createServer|listen\s*\(/.test(text))).toEqual([]);
});

test('processes are started in two places: the analysis child, and git', () => {
  expect(holding(/node:child_process/).sort()).toEqual(['server/src/host/analysis/child.ts', 'server/src/host/git.ts']);
});

test('no text is run as code', () => {
  expect(holding(/\beval\s*\(|\bnew Function\b|node:vm|\bshell:\s*true/)).toEqual([]);
});

test('Markdown and links of the editor are never trusted', () => {
  const client = sources.filter(({ path }) => path.startsWith('client/'));
  expect(client.filter(({ text }) => /(?:isTrusted|supportHtml|enableCommandUris):(?!\s*false\b)/.test(text))).toEqual([]);
});
