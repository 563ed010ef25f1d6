// Settings, as a client gives them in `initializationOptions` or answers `workspace/configuration` for the section `iommuReview`.

import { whyUnsafe } from '../host/tree/tree-path.ts';
import type { Severity } from '../protocol/finding.ts';

export interface Settings {
  /** Root of a kernel tree as the user set it, or null. */
  readonly kernelPath: string | null;
  /** Further folders of the tree, from its root, whose code is followed. */
  readonly kernelFolders: readonly string[];
  readonly era: string;
  readonly rulesOn: readonly string[];
  readonly rulesOff: readonly string[];
  /** Least severity that is published. */
  readonly severity: Severity;
  /** Whether findings that the patch did not introduce are published too. */
  readonly preExisting: boolean;
  /** Whether C files are reviewed, and not only patches. */
  readonly sourceFiles: boolean;
  /** Whether the user trusts the opened folders: their kernel tree may be read, and git be run in it. */
  readonly trusted: boolean;
  /** Whether the editor shows a diagnostic's message and evidence with every hover, so that ours need not repeat them. */
  readonly diagnosticsInHover: boolean;
  /** Whether held locks are shown at the end of lines where they change. */
  readonly lockHints: boolean;
  /** Whether the editor has the command `iommuReview.stepThrough` (protocol/editor), so that findings with a schedule offer it. */
  readonly stepThrough: boolean;
}

export const defaultSettings: Settings = {
  kernelPath: null,
  kernelFolders: [],
  era: 'auto',
  rulesOn: [],
  rulesOff: [],
  severity: 'info',
  preExisting: false,
  sourceFiles: true,
  trusted: false,
  diagnosticsInHover: false,
  lockHints: false,
  stepThrough: false,
};

const severities: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

/**
 * Reads settings of any shape: `{kernel: {path, folders}, era, rules: {id: "on"|"off"}, severity, preExisting, sourceFiles, trusted,
 * diagnosticsInHover, lockHints, stepThrough}`.
 * What is missing keeps the value of `base`; what has the wrong type is named in `problems` and keeps it too.
 */
export function readSettings(value: unknown, base: Settings): { readonly settings: Settings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  if (!isRecord(value)) {
    if (value !== undefined && value !== null) problems.push('settings: expected an object');
    return { settings: base, problems };
  }
  const wrong = (name: string, expected: string): void => void problems.push(`${name}: expected ${expected}`);
  const flag = (name: 'preExisting' | 'sourceFiles' | 'trusted' | 'diagnosticsInHover' | 'lockHints' | 'stepThrough'): boolean => {
    const given = value[name];
    if (typeof given === 'boolean') return given;
    if (given !== undefined && given !== null) wrong(name, 'true or false');
    return base[name];
  };
  let { kernelPath, kernelFolders, era, rulesOn, rulesOff, severity } = base;
  if (isRecord(value['kernel']) && value['kernel']['path'] !== undefined) {
    const path = value['kernel']['path'];
    if (typeof path === 'string' && !path.includes('\0')) kernelPath = path === '' ? null : path;
    else if (path !== null) wrong('kernel.path', 'a path');
  }
  if (isRecord(value['kernel']) && value['kernel']['folders'] !== undefined) {
    const folders: unknown = value['kernel']['folders'];
    if (Array.isArray(folders) && folders.length <= mostFolders && folders.every(isFolder)) kernelFolders = folders;
    else if (folders !== null) wrong('kernel.folders', 'folders of the tree, such as "drivers/pci"');
  }
  if (typeof value['era'] === 'string' && /^[\w.-]{1,64}$/.test(value['era'])) era = value['era'];
  else if (value['era'] !== undefined && value['era'] !== null) wrong('era', 'the name of an era');
  if (isRecord(value['rules'])) {
    const entries = Object.entries(value['rules']);
    rulesOn = entries.filter(([, state]) => state === 'on').map(([id]) => id);
    rulesOff = entries.filter(([, state]) => state === 'off').map(([id]) => id);
    for (const [id, state] of entries) if (state !== 'on' && state !== 'off') wrong(`rules.${id}`, '"on" or "off"');
  } else if (value['rules'] !== undefined && value['rules'] !== null) wrong('rules', 'an object');
  const given = severities.find((level) => level === value['severity']);
  if (given) severity = given;
  else if (value['severity'] !== undefined && value['severity'] !== null) wrong('severity', severities.join(', '));
  const flags = {
    preExisting: flag('preExisting'),
    sourceFiles: flag('sourceFiles'),
    trusted: flag('trusted'),
    diagnosticsInHover: flag('diagnosticsInHover'),
    lockHints: flag('lockHints'),
    stepThrough: flag('stepThrough'),
  };
  return { settings: { kernelPath, kernelFolders, era, rulesOn, rulesOff, severity, ...flags }, problems };
}

/** More folders than these make no sense: name one above them. */
const mostFolders = 100;

function isFolder(value: unknown): value is string {
  return typeof value === 'string' && whyUnsafe(value) === null;
}

/** Whether a severity is at or above the least one that is published. */
export function isShown(severity: Severity, settings: Settings): boolean {
  return severities.indexOf(severity) <= severities.indexOf(settings.severity);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
