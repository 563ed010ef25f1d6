// The debug adapter's process, and what a launch configuration gets that does not say everything.

import * as vscode from 'vscode';

export const debugType = 'iommu-review';

/**
 * Registers the adapter. It runs on the editor's own Node, so that none has to be installed.
 * @param module Path of the adapter's program.
 */
export function registerDebugger(module: string): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, {
      createDebugAdapterDescriptor: () =>
        new vscode.DebugAdapterExecutable(process.execPath, [module], { env: { ELECTRON_RUN_AS_NODE: '1' } }),
    }),
    vscode.debug.registerDebugConfigurationProvider(debugType, { resolveDebugConfiguration }),
  );
}

/** Paths count from the folder. Started without a configuration, it asks for a scenario; undefined ends the start. */
async function resolveDebugConfiguration(
  folder: vscode.WorkspaceFolder | undefined,
  config: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> {
  const cwd = folder?.uri.scheme === 'file' ? folder.uri.fsPath : undefined;
  const given = { ...config, ...(config['cwd'] === undefined && cwd !== undefined ? { cwd } : {}) };
  if (config.type) return given;
  const scenario = await vscode.window.showInputBox({
    prompt: vscode.l10n.t('Scenario to step through: its name, or a YAML file'),
    placeHolder: 'S001-14',
  });
  return scenario ? { ...given, type: debugType, request: 'launch', name: scenario, scenario } : undefined;
}
