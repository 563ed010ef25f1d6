// Tells what people say to each other in a thread from what a commit message or a kernel document says.

const ANSWERS =
  /^(?:yes|yeah|yep|yup|no|nope|ok|okay|sure|right|agree|agreed|thanks|thank you|sorry|good point|good catch|fair enough|got it|makes? sense|done|ack|nak|indeed|exactly|true|correct|great|hm+|ah|oh|well|fine|sounds good|will do|of course|you are right|you're right|my bad|oops|i see)\b/i;
const ASKS =
  /^(?:nit|why|what about|how about|isn't|aren't|can't|can we|could we|could you|should we|shouldn't|would it|do we|do you|did you|does this|is there|is this|is it|please (?!see|refer|note|find)|ditto|same (?:here|for|thing)|applied (?:to|for|,|both|all)|\+1)\b/i;
/** "I" alone, not of "I/O"; "you" and "my" have no place in a commit message. */
const PERSONS = /(?:^|[\s"(])(?:I|I'm|I'd|I'll|I've|IMO|IMHO|IIRC|AFAIK|AFAICT|FWIW|you|You|your|Your|you're|me|my|My)(?=[\s,.;:)?!]|$)/;
/** Words that go on with what was said. */
const GOES_ON =
  /^(?:so|but|and|or|which|then|ie|i\.e\.|eg|e\.g\.|because|instead|otherwise|still|anyway|plus|maybe|perhaps|even|especially|well)\b/i;
const PLEASE = /[a-z,] please(?! see| refer| note| find)\b|\bcan you\b|\bcould you\b/i;
const EDIT = /^s\/[^/]{1,200}\/[^/]{0,200}(?:\/|$)/;

/** Whether a line is an edit in sed's form, `s/this/that/`: always a reviewer's line, and what it names is not the author's spelling. */
function isSedRemark(line: string): boolean {
  return EDIT.test(line.trim());
}

/** Whether a paragraph opens as an answer to what stands above it. */
export function opensAsAnswer(paragraph: readonly string[]): boolean {
  return ANSWERS.test(paragraph[0]?.trim() ?? '');
}

/** Whether a paragraph opens as the next sentence of somebody who is talking. */
export function goesOn(paragraph: readonly string[]): boolean {
  return GOES_ON.test(paragraph[0]?.trim() ?? '');
}

/**
 * Whether a paragraph reads as a part of a conversation: it speaks of "I" or "you", answers, asks, or edits in sed's form.
 * Lines of a diff never do. A paragraph without such signs can still be talk: callers must not take `false` for certain.
 */
export function isTalk(paragraph: readonly string[]): boolean {
  const lines = paragraph.map((line) => line.trim()).filter(Boolean);
  if (lines.length === 0 || lines.some((line) => /^(?:diff --git |@@ -|\+\+\+ |--- [ab]\/)/.test(line))) return false;
  if (lines.some(isSedRemark) || opensAsAnswer(lines) || ASKS.test(lines[0] ?? '')) return true;
  if ((lines.at(-1) ?? '').endsWith('?')) return true;
  return lines.some((line) => PERSONS.test(line) || PLEASE.test(line) || /[:;]-?\)|[a-z]\.\.(?:$| )/.test(line));
}
