// One debug session: answers an editor's requests over a trace. Nothing runs; the state at a place follows from the trace alone.

import { DebugSession, Handles, InitializedEvent, OutputEvent, StoppedEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { visible } from '../core/report/terminal.ts';
import type { TraceFrame } from '../protocol/finding.ts';
import { Breakpoints } from './breakpoints.ts';
import { LaunchProblem, readLaunch, type Launch } from './launch.ts';
import { Places, type Place } from './places.ts';
import { Schedule, type Halt } from './schedule.ts';
import { RunProgress, runProgressId } from './run-progress.ts';
import { stackOf } from './stack.ts';
import { Values, type Entry } from './values.ts';

/** All that a launched session works on. */
interface Run {
  readonly launch: Launch;
  readonly schedule: Schedule;
  readonly places: Places;
  readonly breakpoints: Breakpoints;
  readonly values: Values;
}

/** A frame that was shown: its thread, and the function of the trace, or null for the scenario's call. */
interface ShownFrame {
  readonly thread: string;
  readonly frame: TraceFrame | null;
}

type Command = (run: Run) => void;

export class TraceSession extends DebugSession {
  private run: Run | null = null;
  private running: RunProgress | null = null;
  private canShowProgress = false;
  private readonly frames = new Handles<ShownFrame>();
  private readonly lists = new Handles<() => readonly Entry[]>();

  constructor() {
    super();
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(true);
  }

  protected override initializeRequest(response: DebugProtocol.InitializeResponse, args: DebugProtocol.InitializeRequestArguments): void {
    this.canShowProgress = args.supportsProgressReporting === true;
    response.body = {
      supportsCancelRequest: true,
      supportsConfigurationDoneRequest: true,
      supportsStepBack: true,
      supportsSteppingGranularity: true,
      supportsRestartRequest: true,
      supportsTerminateRequest: true,
      supportsEvaluateForHovers: true,
      supportsExceptionInfoRequest: true,
      supportsDataBreakpoints: true,
      supportsBreakpointLocationsRequest: true,
    };
    this.sendResponse(response);
  }

  protected override async launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
  ): Promise<void> {
    const progress = new RunProgress(this, this.canShowProgress);
    this.running = progress;
    try {
      const launch = await readLaunch(args, progress);
      const places = new Places(launch);
      const schedule = new Schedule(launch.trace, (index) => lineName(places.shown(index)));
      const values = new Values(schedule);
      this.run = { launch, schedule, places, breakpoints: new Breakpoints(schedule, places), values };
    } catch (error) {
      const reason =
        error instanceof LaunchProblem ? error.message : `internal error: ${error instanceof Error ? error.message : String(error)}`;
      return this.refuse(response, reason);
    } finally {
      progress.end();
    }
    this.sendResponse(response);
    this.sendEvent(new InitializedEvent());
  }

  protected override cancelRequest(response: DebugProtocol.CancelResponse, { progressId }: DebugProtocol.CancelArguments): void {
    if (progressId === runProgressId) this.running?.cancel();
    this.sendResponse(response);
  }

  protected override attachRequest(response: DebugProtocol.AttachResponse): void {
    this.refuse(response, 'there is nothing to attach to: a schedule is launched');
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.withRun(response, (run) => {
      this.say(run);
      if (run.launch.stopOnEntry) this.stopped(run, 'entry');
      else this.halted(run, run.breakpoints.before(0) ? 'breakpoint' : run.schedule.run(run.breakpoints));
    });
  }

  protected override restartRequest(response: DebugProtocol.RestartResponse): void {
    this.withRun(response, (run) => {
      run.schedule.cursor.jump(0);
      this.stopped(run, 'entry');
    });
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    this.running?.cancel();
    this.sendResponse(response);
    this.shutdown();
  }

  protected override terminateRequest(response: DebugProtocol.TerminateResponse): void {
    this.sendResponse(response);
    this.sendEvent(new TerminatedEvent());
  }

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    { source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments,
  ): void {
    this.withRun(response, (run) => {
      const lines = breakpoints.map(({ line }) => this.convertClientLineToDebugger(line));
      const set = run.breakpoints.set(source, lines);
      response.body = { breakpoints: set.map((one) => ({ ...one, line: this.convertDebuggerLineToClient(one.line) })) };
    });
  }

  protected override breakpointLocationsRequest(
    response: DebugProtocol.BreakpointLocationsResponse,
    { source, line, endLine }: DebugProtocol.BreakpointLocationsArguments,
  ): void {
    this.withRun(response, (run) => {
      const [first, last] = [line, endLine ?? line].map((one) => this.convertClientLineToDebugger(one));
      const lines = run.breakpoints.linesIn(source, first ?? 1, last ?? 1);
      response.body = { breakpoints: lines.map((one) => ({ line: this.convertDebuggerLineToClient(one) })) };
    });
  }

  protected override dataBreakpointInfoRequest(
    response: DebugProtocol.DataBreakpointInfoResponse,
    { name, variablesReference }: DebugProtocol.DataBreakpointInfoArguments,
  ): void {
    this.withRun(response, (run) => {
      const entry = variablesReference
        ? (this.lists
            .get(variablesReference, () => [])()
            .find((one) => one.name === name) ?? null)
        : run.values.find(name, null);
      const path = entry?.path ?? null;
      response.body =
        path === null
          ? { dataId: null, description: 'Only fields of the model can be watched.' }
          : { dataId: path, description: visible(path), accessTypes: ['write'] };
    });
  }

  protected override setDataBreakpointsRequest(
    response: DebugProtocol.SetDataBreakpointsResponse,
    { breakpoints }: DebugProtocol.SetDataBreakpointsArguments,
  ): void {
    this.withRun(response, (run) => {
      run.breakpoints.watch(breakpoints.map(({ dataId }) => dataId));
      response.body = { breakpoints: breakpoints.map(() => ({ verified: true })) };
    });
  }

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    this.withRun(response, ({ launch: { trace } }) => {
      const threads = trace.threads.map(({ id, entry }, index) => ({ id: index + 1, name: visible(`${id}: ${entry}`) }));
      response.body = { threads };
    });
  }

  protected override stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    { threadId, startFrame = 0, levels }: DebugProtocol.StackTraceArguments,
  ): void {
    this.withRun(response, (run) => {
      const thread = run.launch.trace.threads[threadId - 1]?.id;
      const all = thread === undefined ? [] : stackOf(run.schedule, run.places, thread);
      const shown = all.slice(startFrame, levels ? startFrame + levels : undefined);
      const stackFrames = shown.map(({ name, frame, place, isSubtle }): DebugProtocol.StackFrame => ({
        id: this.frames.create({ thread: thread ?? '', frame }),
        name: visible(name),
        ...(place === null ? { line: 0, column: 0 } : this.placed(place)),
        ...(isSubtle ? { presentationHint: 'subtle' } : {}),
      }));
      response.body = { stackFrames, totalFrames: all.length };
    });
  }

  protected override sourceRequest(response: DebugProtocol.SourceResponse, args: DebugProtocol.SourceArguments): void {
    this.withRun(response, ({ places }) => {
      const content = places.text(args.source?.sourceReference ?? args.sourceReference);
      if (content === null) throw new LaunchProblem('the adapter holds no such text');
      response.body = { content, mimeType: 'text/plain' };
    });
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse, { frameId }: DebugProtocol.ScopesArguments): void {
    this.withRun(response, ({ values }) => {
      const shown = this.frames.get(frameId, { thread: '', frame: null });
      const scopes = values.scopes(shown.thread, shown.frame).map(({ name, entries }): DebugProtocol.Scope => ({
        name,
        variablesReference: this.lists.create(() => entries),
        expensive: false,
        ...(name === 'Locals' ? { presentationHint: 'locals' } : {}),
      }));
      response.body = { scopes };
    });
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    { variablesReference, start = 0, count }: DebugProtocol.VariablesArguments,
  ): void {
    this.withRun(response, () => {
      const entries = this.lists.get(variablesReference, () => [])();
      response.body = { variables: entries.slice(start, count ? start + count : undefined).map((entry) => this.variable(entry)) };
    });
  }

  protected override evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    { expression, frameId }: DebugProtocol.EvaluateArguments,
  ): void {
    this.withRun(response, ({ values }) => {
      const { frame } = this.frames.get(frameId ?? 0, { thread: '', frame: null });
      const found = values.find(expression, frame);
      if (found === null) throw new LaunchProblem(`not known at this place of the schedule: ${visible(expression.slice(0, 100))}`);
      const { value, variablesReference } = this.variable(found);
      response.body = { result: value, variablesReference };
    });
  }

  protected override exceptionInfoRequest(response: DebugProtocol.ExceptionInfoResponse): void {
    this.withRun(response, ({ launch: { trace } }) => {
      const { violation } = trace;
      const exceptionId = visible(violation?.invariant ?? violation?.kind ?? 'none');
      response.body = { exceptionId, breakMode: 'always', ...(violation ? { description: visible(violation.message) } : {}) };
    });
  }

  protected override continueRequest(response: DebugProtocol.ContinueResponse): void {
    this.withRun(response, (run) => {
      response.body = { allThreadsContinued: true };
      this.halted(run, run.schedule.run(run.breakpoints));
    });
  }

  protected override reverseContinueRequest(response: DebugProtocol.ReverseContinueResponse): void {
    this.withRun(response, (run) => this.halted(run, run.schedule.runBack(run.breakpoints)));
  }

  protected override nextRequest(response: DebugProtocol.NextResponse, { granularity }: DebugProtocol.NextArguments): void {
    this.stepped(response, ({ schedule }) => (granularity === 'instruction' ? schedule.step(1) : schedule.nextLine()));
  }

  protected override stepInRequest(response: DebugProtocol.StepInResponse): void {
    this.stepped(response, ({ schedule }) => schedule.step(1));
  }

  protected override stepOutRequest(response: DebugProtocol.StepOutResponse): void {
    this.stepped(response, ({ schedule }) => schedule.out());
  }

  protected override stepBackRequest(response: DebugProtocol.StepBackResponse, { granularity }: DebugProtocol.StepBackArguments): void {
    this.stepped(response, ({ schedule }) => (granularity === 'instruction' ? schedule.step(-1) : schedule.lineBefore()));
  }

  /** Nothing ever runs while the editor waits. */
  protected override pauseRequest(response: DebugProtocol.PauseResponse): void {
    this.withRun(response, (run) => this.stopped(run, 'pause'));
  }

  private stepped(response: DebugProtocol.Response, move: Command): void {
    this.withRun(response, (run) => {
      move(run);
      if (run.schedule.isAtEnd) this.halted(run, 'end');
      else this.stopped(run, 'step');
    });
  }

  private halted(run: Run, halt: Halt): void {
    const reasons = { breakpoint: 'breakpoint', data: 'data breakpoint', start: 'entry' } as const;
    if (halt !== 'end') this.stopped(run, reasons[halt]);
    else this.stopped(run, run.launch.trace.violation === null ? 'step' : 'exception');
  }

  /** Tells the editor where the schedule stands; what it was shown before is no longer true. */
  private stopped({ schedule, launch: { trace } }: Run, reason: string): void {
    this.frames.reset();
    this.lists.reset();
    const threadId = trace.threads.findIndex(({ id }) => id === schedule.thread) + 1;
    const next = trace.steps[schedule.at];
    const { violation } = trace;
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(reason, threadId);
    event.body = {
      ...event.body,
      allThreadsStopped: true,
      description: next
        ? visible(`next: ${next.step}`)
        : violation
          ? visible(violation.invariant ?? violation.kind)
          : 'behind the last step',
      ...(reason === 'exception' && violation ? { text: visible(violation.message) } : {}),
    };
    // Behind the response to the request that led here.
    setImmediate(() => this.sendEvent(event));
  }

  /** What the schedule is, in the debug console. */
  private say({ launch: { trace } }: Run): void {
    const { violation } = trace;
    const what = violation === null ? 'no violation' : `${violation.invariant ?? violation.kind}: ${violation.message}`;
    const lines = [
      `${trace.scenario} in ${trace.era}: ${what}`,
      `${String(trace.steps.length)} steps; found among ${String(trace.states)} states${trace.finished ? '' : ', the search was not finished'}`,
      ...trace.assumptions.map(({ text }) => `assumed: ${text}`),
    ];
    this.sendEvent(new OutputEvent(`${visible(lines.join('\n'))}\n`, 'console'));
  }

  private placed({
    source,
    line,
    column,
    endLine,
    endColumn,
  }: Place): Pick<DebugProtocol.StackFrame, 'source' | 'line' | 'column'> & Partial<DebugProtocol.StackFrame> {
    const { name, path, reference } = source;
    return {
      source: { name, ...(path === null ? { sourceReference: reference, origin: 'schedule' } : { path }) },
      line: this.convertDebuggerLineToClient(line),
      column: this.convertDebuggerColumnToClient(column),
      endLine: this.convertDebuggerLineToClient(endLine),
      endColumn: this.convertDebuggerColumnToClient(endColumn),
    };
  }

  private variable({ name, value, path, open }: Entry): DebugProtocol.Variable {
    return {
      name,
      value,
      variablesReference: open === null ? 0 : this.lists.create(open),
      ...(path === null ? {} : { evaluateName: path }),
      presentationHint: { attributes: ['readOnly'] },
    };
  }

  /** Answers a request by what `answer` does; what it throws for the user becomes the error. */
  private withRun(response: DebugProtocol.Response, answer: Command): void {
    if (this.run === null) return this.refuse(response, 'nothing was launched');
    try {
      answer(this.run);
    } catch (error) {
      if (!(error instanceof LaunchProblem)) throw error;
      return this.refuse(response, error.message);
    }
    this.sendResponse(response);
  }

  private refuse(response: DebugProtocol.Response, reason: string): void {
    const text = visible(reason);
    response.success = false;
    response.message = text;
    response.body = { error: { id: 1, format: '{reason}', variables: { reason: text }, showUser: true } };
    this.sendResponse(response);
  }
}

function lineName({ source, line }: Place): string {
  return `${source.path ?? `#${String(source.reference)}`}:${String(line)}`;
}
