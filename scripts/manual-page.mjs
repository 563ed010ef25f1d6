// The manual page at the top of a rule file: `// ` lines of Markdown, read by gen and by the rule tests.

/** Sections that every page has, in this order. */
const sections = [
  'What it reports',
  'Why it matters',
  'Known misses',
  'Known false alarms',
  'Example that triggers',
  'Example that does not',
  'Fix',
  'Sources',
];

/**
 * Reads the page of one rule. Returns its Markdown without the first heading, and the two examples as `{ language, text }`.
 * Throws with the rule's name and the reason where the page is not in form.
 */
export function readManual(id, source) {
  const fail = (reason) => {
    throw new Error(`server/src/core/rules/${id}.ts: the manual page ${reason}`);
  };
  const lines = [];
  for (const line of source.split('\n')) {
    if (!line.startsWith('//')) break;
    lines.push(line.slice(line.startsWith('// ') ? 3 : 2));
  }
  if (lines[0] !== `# ${id}`) fail(`must begin with "// # ${id}"`);
  const body = lines.slice(1);
  const headings = headingLines(body);
  const names = headings.map((at) => body[at].slice(3));
  if (names.join('\n') !== sections.join('\n'))
    fail(`must have the sections ${sections.join(', ')} in this order, and has ${names.join(', ') || 'none'}`);
  const section = (name) => {
    const index = sections.indexOf(name);
    return body.slice(headings[index] + 1, headings[index + 1]);
  };
  for (const name of sections) if (section(name).every((line) => line.trim() === '')) fail(`has an empty section "${name}"`);
  return {
    text: body.join('\n').trim(),
    triggers: example(section('Example that triggers'), () => fail('needs one fenced block under "Example that triggers"')),
    silent: example(section('Example that does not'), () => fail('needs one fenced block under "Example that does not"')),
  };
}

/** Indexes of the `## ` lines outside fenced blocks. */
function headingLines(lines) {
  const found = [];
  let fenced = false;
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('```')) fenced = !fenced;
    else if (!fenced && line.startsWith('## ')) found.push(index);
  }
  return found;
}

function example(lines, fail) {
  const start = lines.findIndex((line) => line.startsWith('```'));
  const end = lines.findIndex((line, index) => index > start && line === '```');
  if (start < 0 || end < 0) fail();
  return { language: lines[start].slice(3).trim(), text: `${lines.slice(start + 1, end).join('\n')}\n` };
}
