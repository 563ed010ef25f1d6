// Text of a patch inside Markdown. Whatever a mail says is shown as text: no link, image, HTML, code fence or heading of its own.

import { visible } from '../core/report/terminal.ts';

/**
 * One line of Markdown that shows `text` literally. Line breaks become spaces, so that nothing can begin a block; `$(` is broken for
 * editors that draw icons for it, and so are bare addresses that some renderers turn into links.
 */
export function escapeMarkdown(text: string): string {
  return visible(text.replace(/[\t\n\r]+/g, ' '))
    .trim()
    .replace(/[\\`*_{}[\]()#!|~$@]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/:(?=\/)/g, '\\:')
    .replace(/\b(www|mailto|xmpp)([.:])/gi, '$1\\$2')
    .replace(/^[-+=]/, '\\$&')
    .replace(/^(\d{1,9})\./, '$1\\.');
}

/** An inline code span that shows `text` literally: the fence is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const clean = visible(text.replace(/[\t\n\r]+/g, ' ')).trim();
  if (clean === '') return '';
  const longest = (clean.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${clean}${pad}${fence}`;
}

/** A link, or its escaped title alone where the target is not one of the given kinds. */
export function link(title: string, target: string, schemes: readonly string[]): string {
  const href = safeHref(target, schemes);
  return href === null ? escapeMarkdown(title) : `[${escapeMarkdown(title)}](${href})`;
}

function safeHref(target: string, schemes: readonly string[]): string | null {
  try {
    const url = new URL(target);
    if (!schemes.includes(url.protocol)) return null;
    return url.href.replace(/[()<>\\`*_[\]|]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  } catch {
    return null;
  }
}
