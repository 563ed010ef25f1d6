// The manifest of the VS Code extension: what it may be told, and by whom.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Property {
  readonly type: string;
  readonly scope?: string;
  readonly default?: unknown;
  readonly order?: number;
  readonly enum?: readonly string[];
  readonly markdownDescription?: string;
  readonly markdownEnumDescriptions?: readonly string[];
}

interface Manifest {
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: string; readonly restrictedConfigurations: readonly string[] };
    readonly virtualWorkspaces: { readonly supported: string };
  };
  readonly contributes: {
    readonly languages: readonly { readonly id: string; readonly extensions: readonly string[]; readonly firstLine: string }[];
    readonly grammars: readonly { readonly path: string; readonly scopeName: string }[];
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Property>> };
  };
}

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(file('package.json')) as Manifest;
const texts = JSON.parse(file('package.nls.json')) as Record<string, string>;
const properties = Object.entries(manifest.contributes.configuration.properties);

describe('settings', () => {
  test.each(properties)('%s says what it is, has a default, a scope and a place', (name, property) => {
    expect(name).toMatch(/^iommuReview\.[a-z]/);
    expect(property.markdownDescription).toMatch(/^%.+%$/);
    expect(property.default).toBeDefined();
    expect(['machine', 'resource', 'window']).toContain(property.scope);
    expect(property.order).toBeTypeOf('number');
    expect(property.markdownEnumDescriptions?.length).toBe(property.enum?.length);
  });

  test('what names a path, a program or an address is not for a workspace to say', () => {
    // A free text could name anything; the others are a choice, a switch or the name of an era.
    const free = properties.filter(([name, { type, enum: choice }]) => type === 'string' && !choice && name !== 'iommuReview.era');
    expect(free.map(([name]) => name)).toEqual(['iommuReview.kernel.path']);
    for (const [name, { scope }] of free) {
      expect(scope).toBe('machine');
      expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(name);
    }
    expect(properties.filter(([, { scope }]) => scope === 'machine-overridable')).toEqual([]);
  });

  test('the rules of a workspace can only be switched', () => {
    expect(manifest.contributes.configuration.properties['iommuReview.rules']).toMatchObject({
      additionalProperties: { type: 'string', enum: ['on', 'off'] },
    });
  });
});

describe('trust', () => {
  test('untrusted and virtual workspaces are served within limits', () => {
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe('limited');
    expect(manifest.capabilities.virtualWorkspaces.supported).toBe('limited');
  });
});

describe('what it brings', () => {
  test('a language for patch mails that leaves diffs to the editor', () => {
    const mail = manifest.contributes.languages.find(({ id }) => id === 'kernel-patch-mail');
    expect(manifest.contributes.languages.map(({ id }) => id)).toEqual(['kernel-patch-mail', 'iommu-review']);
    expect(mail?.extensions).not.toContain('.patch');
    expect(mail?.extensions).not.toContain('.diff');
    expect(new RegExp(mail?.firstLine ?? '').test(`From ${'0123456789'.repeat(4)} Mon Sep 17 00:00:00 2001`)).toBe(true);
    expect(new RegExp(mail?.firstLine ?? '').test('From the kernel')).toBe(false);
  });

  test('every file that it names is there', () => {
    for (const path of [manifest.icon, ...manifest.contributes.grammars.map((grammar) => grammar.path)]) {
      expect(existsSync(new URL(`../../${path}`, import.meta.url))).toBe(true);
    }
  });

  test('the icon is a PNG of 128 pixels or more', () => {
    const png = readFileSync(new URL(`../../${manifest.icon}`, import.meta.url));
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(Math.min(png.readUInt32BE(16), png.readUInt32BE(20))).toBeGreaterThanOrEqual(128);
  });

  test('every text stands in the table of texts, and none there is left over', () => {
    const used = [...file('package.json').matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? '');
    expect([...new Set(used)].sort()).toEqual(Object.keys(texts).sort());
  });

  test('it is never activated by everything', () => {
    expect(manifest.activationEvents).not.toContain('*');
    expect(manifest.activationEvents).not.toContain('onStartupFinished');
  });

  test('it uses no API newer than the oldest editor that it names', () => {
    const oldest = manifest.engines.vscode.replace('^', '');
    expect(manifest.devDependencies['@types/vscode']).toBe(oldest);
  });
});
