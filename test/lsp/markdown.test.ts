// Hostile text in a hover is shown as text: no link, image, HTML, heading, list or code block comes out of it.
import { marked, type Token } from 'marked';
import { describe, expect, test } from 'vitest';
import { codeSpan, escapeMarkdown, link } from '../../server/src/lsp/markdown.ts';

/** Forty texts that a mail could hold, to be seen by a reader exactly as they are. */
const hostile = [
  '[x](command:workbench.action.terminal.new)',
  '[x](javascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '[x][y]',
  '[y]: http://evil.example/ "t"',
  '![x](http://evil.example/beacon.png)',
  '![x][y]',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '<a href="command:x">y</a>',
  '<!-- comment -->',
  '<![CDATA[x]]>',
  '<?php x ?>',
  '</div><div>',
  '<http://evil.example/>',
  '<mail@evil.example>',
  'http://evil.example/?q=1',
  'https://evil.example/',
  'www.evil.example',
  'ftp://evil.example/x',
  'mail@evil.example',
  '&lt;script&gt; &amp; &#60; &#x3c;',
  '`` ` ```',
  '``` c',
  '~~~',
  '~~gone~~',
  '# heading',
  '- item',
  '+ item',
  '* item',
  '1. item',
  '99999) item',
  '> quote',
  '---',
  '***bold*** __bold__ _it_ *it*',
  '| a | b |',
  '$(gear) $(sync~spin)',
  '\\[x\\](y) \\',
  '====',
  '=> <= != {a} (b) [c] #d !e',
];

/** All tokens of a tree, outermost first. */
function tokensOf(markdown: string): Token[] {
  const found: Token[] = [];
  const waiting = [...marked.lexer(markdown)] as Token[];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    found.push(next);
    if ('tokens' in next && next.tokens) waiting.unshift(...next.tokens);
  }
  return found;
}

/** The text that a reader sees. */
function seen(markdown: string): string {
  const html = marked.parse(markdown, { async: false });
  const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'" };
  return html
    .replace(/<\/?(?:p|strong|code)>/g, '')
    .replace(/&(?:lt|gt|amp|quot|#39);/g, (entity) => entities[entity] ?? entity)
    .trim();
}

const plain = new Set(['paragraph', 'text', 'escape', 'strong', 'space']);

test('there are forty of them', () => expect(new Set(hostile).size).toBe(40));

describe.each(hostile)('%s', (text) => {
  test('is text at the start of a paragraph and behind other words', () => {
    for (const markdown of [escapeMarkdown(text), `**${escapeMarkdown(text)}**`, `Refuted by: ${escapeMarkdown(text)}`]) {
      expect(tokensOf(markdown).filter(({ type }) => !plain.has(type))).toEqual([]);
    }
    expect(seen(escapeMarkdown(text))).toBe(text);
  });

  test('is text in a code span and in the title of a link', () => {
    expect(tokensOf(codeSpan(text)).map(({ type }) => type)).toEqual(['paragraph', 'codespan']);
    expect(seen(codeSpan(text))).toBe(text);
    const titled = tokensOf(link(text, 'https://git.kernel.org/x', ['https:']));
    expect(titled.filter(({ type }) => type === 'link').map((one) => (one as { href: string }).href)).toEqual(['https://git.kernel.org/x']);
    expect(titled.filter(({ type }) => type === 'image' || type === 'html')).toEqual([]);
  });
});

test('line breaks and hidden characters cannot begin a block or turn the text round', () => {
  expect(escapeMarkdown('a\n\n# b\r\n- c\u202e\u0007')).toBe('a \\# b - c&lt;U+202E&gt;^G');
});

test('a link has only the schemes that it was allowed, and its target cannot break out', () => {
  for (const target of ['command:x', 'javascript:x', 'vscode://x/y', 'file:///etc/passwd', 'not a url', 'data:,x']) {
    expect(link('t', target, ['https:'])).toBe('t');
  }
  expect(link('t', 'https://x.example/a)b](c "d', ['https:'])).toBe('[t](https://x.example/a%29b%5D%28c%20%22d)');
});
