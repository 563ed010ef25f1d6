// Text of a mail never reaches a terminal as it is: what could steer it, hide or reorder text is shown instead.

/**
 * Everything but the characters that are harmless on a terminal: C0 controls without line feed and tab, DEL, C1 controls, and characters
 * of no width that reorder or hide text (Unicode bidi controls, joiners, soft hyphen, byte order mark, interlinear marks, tags).
 */
const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function shown(character: string): string {
  const code = codePoint(character);
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code === 0x7f) return '^?';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** The text with every unsafe character made visible: ESC as `^[`, a bidi override as `<U+202E>`. Line feeds and tabs stay. */
export function visible(text: string): string {
  return text.replace(unsafe, shown);
}

/** The same for text that must stay on one line: line feeds and tabs are shown too. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t]/g, (character) => (character === '\n' ? '^J' : ' '));
}

function escaped(character: string): string {
  return [...character.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

/** Makes JSON text safe to print: unsafe characters inside its strings become `\u` escapes, so that its value stays the same. */
export function safeJson(json: string): string {
  return json.replace(unsafe, escaped);
}
