// Links in the text of a mail: Message-IDs to the list archive, commit ids to the kernel's repository. Nothing is fetched; the editor
// opens a link when the reader follows it.

/** `line` counts from 1, columns from 1 in UTF-16 units, the end not included. */
export interface TextLink {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly target: string;
}

/** Longer lines are not searched. */
const WIDTH = 2000;

const idHeader = /^(?:> ?){0,8}(?:Message-ID|In-Reply-To|References|Link|Closes|Supersedes):|^[ \t]+</i;
const messageId = /<([^<>\s@]{1,250}@[^<>\s@]{1,250})>/g;
const commitId = /\b(?:Fixes:|commit|commits|Upstream commit|cherry picked from commit)[ \t]+([0-9a-f]{8,40})\b/gi;

/** All links of a text, line by line. */
export function linksIn(lines: readonly string[]): TextLink[] {
  return lines.flatMap((line, index) => (line.length > WIDTH ? [] : linksOfLine(line, index + 1)));
}

function linksOfLine(text: string, line: number): TextLink[] {
  const links: TextLink[] = [];
  if (idHeader.test(text)) {
    for (const found of text.matchAll(messageId)) {
      const id = found[1] ?? '';
      const start = found.index + 2;
      links.push({ line, column: start, endColumn: start + id.length, target: `https://lore.kernel.org/all/${encodeURIComponent(id)}/` });
    }
  }
  for (const found of text.matchAll(commitId)) {
    const id = found[1] ?? '';
    const end = found.index + found[0].length + 1;
    links.push({ line, column: end - id.length, endColumn: end, target: `https://git.kernel.org/linus/${id.toLowerCase()}` });
  }
  return links;
}
