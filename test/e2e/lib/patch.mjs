// Whether git takes a patch: its hunks are well-formed.
import { execFileSync } from 'node:child_process';

/** What git says against a patch, or null. Only the patch's own form is judged; no tree is needed. */
export function applies(text) {
  try {
    execFileSync('git', ['apply', '--numstat', '-'], { input: text, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
    return null;
  } catch (error) {
    return String(error.stderr ?? error);
  }
}
