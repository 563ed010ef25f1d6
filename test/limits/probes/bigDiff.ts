// One hunk of a million lines, or one line of megabytes.

import { bytesOf } from '../../../server/src/core/patch/bytes.ts';
import { parseMessage } from '../../../server/src/core/patch/message.ts';
import { outside, report } from './report.ts';

const [what, amount] = process.argv.slice(2);
const size = Number(amount);
const body = what === 'lines' ? '+\tcall(x);\n'.repeat(size) : `+${'x'.repeat(size)}\n`;
const count = what === 'lines' ? size : 1;
const mail = bytesOf(`Subject: x\n\n---\n--- /dev/null\n+++ b/f.c\n@@ -0,0 +1,${count} @@\n${body}`);
const before = process.cpuUsage();
const message = parseMessage(mail, { path: 'x', startLine: 1 }, outside);
const { user, system } = process.cpuUsage(before);
const hunk = message.patch?.files[0]?.hunks[0];
report({ parseMs: (user + system) / 1000, lines: hunk?.lines.length, longest: hunk?.lines[0]?.text.length, refusal: message.git.refusal });
