// The run of a scenario as the editor shows it, with a way to end it.

import { ProgressEndEvent, ProgressStartEvent, ProgressUpdateEvent, type DebugSession } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { visible } from '../core/report/terminal.ts';
import type { RunWatch } from './launch.ts';

/** Only one scenario is run in a session. */
export const runProgressId = 'run';

export class RunProgress implements RunWatch {
  private readonly abort = new AbortController();
  private isShown = false;

  constructor(
    private readonly session: DebugSession,
    private readonly canShow: boolean,
  ) {}

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  running(scenario: string, states: number): void {
    if (!this.canShow) return;
    if (this.isShown) return this.session.sendEvent(new ProgressUpdateEvent(runProgressId, `${String(states)} states`));
    this.isShown = true;
    const event: DebugProtocol.ProgressStartEvent = new ProgressStartEvent(runProgressId, `Running ${visible(scenario)} on the model`);
    event.body = { ...event.body, cancellable: true };
    this.session.sendEvent(event);
  }

  cancel(): void {
    this.abort.abort();
  }

  end(): void {
    if (this.isShown) this.session.sendEvent(new ProgressEndEvent(runProgressId));
  }
}
