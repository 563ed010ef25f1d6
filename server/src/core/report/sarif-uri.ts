// Paths as SARIF wants them: relative, percent-encoded, and never leading anywhere else.

export interface ArtifactLocation {
  readonly uri: string;
  readonly uriBaseId: 'KERNEL' | 'INPUT' | 'ROOT';
}

/** 3.14.14: what the relative paths are relative to. Only the root of the file system has a place that is the same everywhere. */
export const uriBases = {
  KERNEL: { description: { text: 'Top of the kernel tree' } },
  INPUT: { description: { text: 'Folder in which the tool was started' } },
  ROOT: { uri: 'file:///' },
} as const;

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function encode(path: string): string {
  const names = path.split(/[/\\]/).filter((name) => name !== '' && name !== '.' && name !== '..');
  const encoded = names.map((name) => encodeURIComponent(name.replace(loneSurrogate, '\ufffd')).replace(/[!'()*]/g, hexByte));
  return encoded.length === 0 ? 'unnamed' : encoded.join('/');
}

function hexByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/**
 * Where a file is. Paths of the kernel come from patches, which can say anything: names that would leave the tree are dropped.
 * An absolute path of an input is given from the root of the file system, any other from the folder in which the tool was started.
 */
export function artifactLocation(of: 'kernel' | 'input', path: string): ArtifactLocation {
  if (of === 'kernel') return { uri: encode(path), uriBaseId: 'KERNEL' };
  if (path === '-') return { uri: 'stdin', uriBaseId: 'INPUT' };
  return { uri: encode(path), uriBaseId: path.startsWith('/') ? 'ROOT' : 'INPUT' };
}
