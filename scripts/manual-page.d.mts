export interface ManualExample {
  readonly language: string;
  readonly text: string;
}

export interface ManualPage {
  readonly text: string;
  readonly triggers: ManualExample;
  readonly silent: ManualExample;
}

export function readManual(id: string, source: string): ManualPage;
