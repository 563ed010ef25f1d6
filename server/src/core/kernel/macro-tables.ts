import { annotationCalls, bareAnnotations } from './annotations.ts';
import { annotationCallsOfLinux, annotationsOfLinux, loopsOfLinux } from './macro-words-of-linux.ts';
import { joinMacroWords, type MacroWords } from './macro-words.ts';

/** The macros of Linux that are known without a tree. */
export const kernelMacros: MacroWords = joinMacroWords(
  { loops: new Set(loopsOfLinux), annotations: bareAnnotations, annotationCalls },
  { loops: new Set(), annotations: new Set(annotationsOfLinux), annotationCalls: new Set(annotationCallsOfLinux) },
);
