// Finds what a mail says around its content: greetings, closing words, signatures, footers of mailing lists.

const GREETING_WORDS = new Set(['hi', 'hello', 'hey', 'dear']);
const CLOSING =
  /^(?:many thanks|thanks|thank you|thx|tia|(?:with )?(?:kind |best |warm )?regards|best|br|cheers|sincerely|yours|best wishes|have a (?:nice|good) day)(?: (?:again|a lot|in advance|and regards|so much|very much))?[ ,.!-]*$/i;
const CLOSING_WORD = /^(?:thanks|regards|cheers|br)[,.! -]+[A-Z][\w.]{0,30}(?: [A-Z][\w.]{0,30})?[.,]?$/i;
const FOOTER = /^(?:_{20,}|-{40,})\s*$/;
const FOOTER_TEXT =
  /^(?:more information about the .{1,80} mailing list|reply via email to.{0,80}|to unsubscribe from this list.{0,100})$/i;
const LIST_LINE = /^\S{1,60} mailing list$/i;

const DATE_LINE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d{2}:\d{2}:\d{2} (?:[A-Z]{1,5} )?\d{4}$/;

/**
 * Index behind the head that an archive page puts over a mail (a title, the sender, a date), or 0 where there is none. `texts` are the first
 * lines of the body.
 */
export function headEnd(texts: readonly string[]): number {
  const date = texts.findIndex((text) => text.startsWith('Date: ') || DATE_LINE.test(text.trim()));
  const above = texts.slice(0, date < 0 ? 0 : date).filter((text) => text.trim() !== '');
  const framed = above.length > 0 && above.length <= 4 && above.every((text) => text.length <= 200 && !text.startsWith('>'));
  return date >= 0 && framed ? date + 1 : 0;
}

/** Whether a line is only a greeting: `Hi Ann,`. */
export function isGreeting(text: string): boolean {
  const words = text
    .trim()
    .split(/[ ,!.:]+/)
    .filter(Boolean);
  return text.length <= 60 && words.length <= 5 && GREETING_WORDS.has((words[0] ?? '').toLowerCase()) && !text.includes('?');
}

/** Index of the first line of a mailing list's footer at the end of the lines, or their number where there is none. */
export function footerStart(texts: readonly string[]): number {
  for (let index = Math.max(0, texts.length - 40); index < texts.length; index++) {
    const text = (texts[index] ?? '').trim();
    if (FOOTER_TEXT.test(text)) return index;
    const near = texts.slice(index + 1, index + 4).map((line) => line.trim());
    if (FOOTER.test(text) && near.some((line) => LIST_LINE.test(line))) return index;
    if (LIST_LINE.test(text) && near.every((line) => line === '' || line.includes('://') || FOOTER_TEXT.test(line))) return index;
  }
  return texts.length;
}

/**
 * Index of the first line of the closing words or signature that end a stretch of own lines, or the number of lines where there are none:
 * a `-- ` line, a closing such as `Best regards,` with at most four short lines behind it, or the author's own name alone.
 */
export function closingStart(texts: readonly string[], author: string | null): number {
  for (let index = 0; index < texts.length; index++) {
    const text = (texts[index] ?? '').trim();
    if (text === '--') return index;
    if (!CLOSING.test(text) && !CLOSING_WORD.test(text)) continue;
    const behind = texts.slice(index + 1).filter((line) => line.trim() !== '');
    if (behind.length <= 4 && behind.every((line) => nameLike(line) || CLOSING.test(line.trim()))) return index;
  }
  let last = texts.length - 1;
  while (last >= 0 && texts[last]?.trim() === '') last--;
  const alone = last >= 0 && (last === 0 || texts[last - 1]?.trim() === '');
  return alone && isOwnName(texts[last] ?? '', author) ? last : texts.length;
}

function nameLike(text: string): boolean {
  const words = text.trim().split(/\s+/);
  return words.length <= 5 && text.trim().length <= 50 && !/[?!;=(){}]|\w\.$/.test(text.trim());
}

/** Whether a line is a word or two of the author's name: `Ann`, `- Ann`, `Ann Bee`. */
function isOwnName(text: string, author: string | null): boolean {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0 || words.length > 3 || text.trim().length > 40 || /[?/(:;]/.test(text)) return false;
  if (author === null) return false;
  const own = new Set(author.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  return words.every((word) => own.has(word));
}
