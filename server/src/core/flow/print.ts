// Printing of procedures: for people as text, for programs and tests as JSON.

import { LineIndex } from '../base/text.ts';
import type { Expr, Instruction, Procedure, Terminator } from './ir.ts';

/** An expression as C-like text, for messages and print-outs; parenthesised only where C needs it. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'integer':
    case 'string':
    case 'constant':
    case 'type':
    case 'config':
      return expr.text;
    case 'global':
      return expr.name;
    case 'variable':
      return expr.variable.name;
    case 'field':
      return `${operand(expr.base)}${expr.arrow ? '->' : '.'}${expr.name}`;
    case 'index':
      return `${operand(expr.base)}[${printExpr(expr.index)}]`;
    case 'deref':
      return `*${operand(expr.of)}`;
    case 'address':
      return `&${expr.of.kind === 'field' || expr.of.kind === 'index' ? printExpr(expr.of) : operand(expr.of)}`;
    case 'unary':
      return `${expr.operator}${operand(expr.of)}`;
    case 'binary':
      return `${operand(expr.left)} ${expr.operator} ${operand(expr.right)}`;
    case 'cast':
      return `(${expr.type})${operand(expr.of)}`;
    case 'apply':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`;
    case 'aggregate':
      return `{${expr.entries.map((entry) => (entry.designator === null ? '' : `${entry.designator} = `) + printExpr(entry.value)).join(', ')}}`;
    case 'more':
      return `more ${expr.loop}(${expr.over.map(printExpr).join(', ')})`;
    case 'element':
      return `element ${expr.loop}(${expr.over.map(printExpr).join(', ')})`;
    case 'past-end':
      return `past-end ${expr.loop}`;
    case 'unknown':
      return `unknown(${expr.reason})`;
  }
}

function operand(expr: Expr): string {
  const text = printExpr(expr);
  const loose = expr.kind === 'binary' || expr.kind === 'cast' || expr.kind === 'deref' || expr.kind === 'address' || expr.kind === 'unary';
  return loose ? `(${text})` : text;
}

/** One instruction on one line, without its place. */
function printInstruction(instruction: Instruction): string {
  switch (instruction.op) {
    case 'declare':
      return `declare ${instruction.variable.name}: ${instruction.variable.type}`;
    case 'assign':
      return `${printExpr(instruction.target)} = ${printExpr(instruction.value)}`;
    case 'call': {
      const call = `${printExpr(instruction.callee)}(${instruction.args.map(printExpr).join(', ')})`;
      return instruction.result ? `${instruction.result.name} = call ${call}` : `call ${call}`;
    }
    case 'scope-end':
      return `scope-end ${instruction.variables.map((variable) => variable.name).join(', ')}`;
    case 'gap':
      return 'gap';
    case 'opaque':
      return `opaque(${instruction.reason})`;
  }
}

/** One terminator on one line, with its edges. */
function printTerminator(terminator: Terminator): string {
  switch (terminator.op) {
    case 'jump':
      return `-> b${String(terminator.to)}${terminator.back ? ' (back)' : ''}`;
    case 'branch':
      return `if ${printExpr(terminator.condition)} -> b${String(terminator.then)} else b${String(terminator.else)}`;
    case 'switch': {
      const cases = terminator.cases.map(
        (one) => `${printExpr(one.low)}${one.high ? ` ... ${printExpr(one.high)}` : ''} -> b${String(one.to)}`,
      );
      return `switch ${printExpr(terminator.value)}: ${[...cases, `default -> b${String(terminator.default)}`].join(', ')}`;
    }
    case 'return':
      return terminator.value ? `return ${printExpr(terminator.value)}` : 'return';
    case 'stop':
      return `stop ${terminator.name}`;
    case 'leave':
      return `leave ${terminator.label ?? terminator.reason}`;
  }
}

/**
 * A procedure for people (`text`: one block after the other, each line with the 1-based line of the source behind it if `source` is
 * given) or for programs (`json`: blocks, instructions and edges with offsets).
 */
export function printIr(procedure: Procedure, format: 'text' | 'json', source: string | null = null): string {
  if (format === 'json') return JSON.stringify(jsonOf(procedure), null, 2);
  const lines = source === null ? null : new LineIndex(source);
  const place = (offset: number, macro: string | null): string => {
    const notes = [...(lines ? [`line ${String(lines.lineOf(offset))}`] : []), ...(macro === null ? [] : [macro])];
    return notes.length > 0 ? `    ; ${notes.join(', ')}` : '';
  };
  const out = [
    `${procedure.name}(${procedure.parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(', ')}): ${procedure.returnType}`,
  ];
  for (const block of procedure.blocks) {
    const notes = [...(block.label === null ? [] : [`label ${block.label}`]), ...(block.loop === null ? [] : [`loop ${block.loop}`])];
    out.push(`b${String(block.id)}:${notes.length > 0 ? ` ; ${notes.join(', ')}` : ''}`);
    for (const instruction of block.instructions)
      out.push(`  ${printInstruction(instruction)}${place(instruction.span.start, instruction.macro)}`);
    out.push(`  ${printTerminator(block.terminator)}${place(block.terminator.span.start, block.terminator.macro)}`);
  }
  for (const problem of procedure.problems) out.push(`  problem ${problem.kind}: ${problem.message}${place(problem.span.start, null)}`);
  return `${out.join('\n')}\n`;
}

function jsonOf(procedure: Procedure): unknown {
  return {
    name: procedure.name,
    returnType: procedure.returnType,
    parameters: procedure.parameters.map((parameter) => ({ name: parameter.name, type: parameter.type })),
    blocks: procedure.blocks.map((block) => ({
      id: block.id,
      label: block.label,
      loop: block.loop,
      instructions: block.instructions.map((instruction) => ({
        op: instruction.op,
        text: printInstruction(instruction),
        start: instruction.span.start,
        end: instruction.span.end,
        macro: instruction.macro,
      })),
      terminator: {
        op: block.terminator.op,
        text: printTerminator(block.terminator),
        start: block.terminator.span.start,
        end: block.terminator.span.end,
        macro: block.terminator.macro,
      },
    })),
    problems: procedure.problems,
  };
}
