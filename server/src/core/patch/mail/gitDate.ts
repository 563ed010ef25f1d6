// Dates as git reads them (2.39, date.c: parse_date_basic): lenient about order and words, strict about having a date and a time.

import { isDigit } from '../bytes.ts';

export interface GitDate {
  /** Seconds since 1970, UTC. */
  readonly epoch: number;
  /** `+hhmm` or `-hhmm`; `+0000` where the text has none. */
  readonly zone: string;
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const WEEKDAYS = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays'];

/** Zone names with their hours, summer time added, as git has them. */
const ZONES: readonly (readonly [string, number])[] = [
  ['IDLW', -12],
  ['NT', -11],
  ['CAT', -10],
  ['HST', -10],
  ['HDT', -9],
  ['YST', -9],
  ['YDT', -8],
  ['PST', -8],
  ['PDT', -7],
  ['MST', -7],
  ['MDT', -6],
  ['CST', -6],
  ['CDT', -5],
  ['EST', -5],
  ['EDT', -4],
  ['AST', -3],
  ['ADT', -2],
  ['WAT', -1],
  ['GMT', 0],
  ['UTC', 0],
  ['Z', 0],
  ['WET', 0],
  ['BST', 1],
  ['CET', 1],
  ['MET', 1],
  ['MEWT', 1],
  ['MEST', 2],
  ['CEST', 2],
  ['MESZ', 2],
  ['FWT', 1],
  ['FST', 2],
  ['EET', 2],
  ['EEST', 3],
  ['WAST', 7],
  ['WADT', 8],
  ['CCT', 8],
  ['JST', 9],
  ['EAST', 10],
  ['EADT', 11],
  ['GST', 10],
  ['NZT', 12],
  ['NZST', 12],
  ['NZDT', 13],
  ['IDLE', 12],
];

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

interface Clock {
  /** Years since 1900, months from 0; -1 where not seen yet. */
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Minutes east of UTC; null where not seen yet. */
  offset: number | null;
  /** True for a plain number of seconds, which no zone shifts. */
  absolute: boolean;
}

/** Reads a date; null where git finds none in it. A date that git would take to lie in the future is taken as it stands. */
export function readGitDate(text: string): GitDate | null {
  const clock: Clock = { year: -1, month: -1, day: -1, hour: -1, minute: -1, second: -1, offset: null, absolute: false };
  if (text.startsWith('@')) {
    const header = /^@(\d{1,15}) ([+-]\d{4})(?:$|\n)/.exec(text);
    if (header !== null) return { epoch: Number(header[1]), zone: zoneText(zoneMinutes(header[2] ?? '')) };
  }
  const end = text.indexOf('\n');
  const stop = end < 0 ? text.length : end;
  for (let at = 0; at < stop;) {
    const code = text.charCodeAt(at);
    let used = 0;
    if (isLetter(code)) used = takeWord(text, at, clock);
    else if (isDigit(code)) used = takeNumber(text, at, clock);
    else if ((code === 43 || code === 45) && isDigit(text.charCodeAt(at + 1)) && clock.hour !== -1) used = takeZone(text, at, clock);
    at += Math.max(used, 1);
  }
  const seconds = toSeconds(clock);
  if (seconds === null) return null;
  const offset = clock.offset ?? 0;
  return { epoch: clock.absolute ? seconds : seconds - offset * 60, zone: zoneText(offset) };
}

function zoneMinutes(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3, 5));
  return text.startsWith('-') ? -minutes : minutes;
}

function zoneText(offset: number): string {
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Valid from 1970 to 2099. */
function toSeconds(clock: Clock): number | null {
  const year = clock.year - 70;
  if (year < 0 || year > 129 || clock.month < 0 || clock.month > 11) return null;
  if (clock.hour < 0 || clock.minute < 0 || clock.second < 0) return null;
  let day = clock.day;
  if (clock.month < 2 || (year + 2) % 4 !== 0) day--;
  const days = year * 365 + Math.floor((year + 1) / 4) + (DAYS_BEFORE[clock.month] ?? 0) + day;
  return days * 86400 + clock.hour * 3600 + clock.minute * 60 + clock.second;
}

/** How many characters of `text` at `at` agree with `word`, any case; 0 where a letter or digit differs. */
function agreeing(text: string, at: number, word: string): number {
  let count = 0;
  for (; at + count < text.length; count++) {
    const character = text.charAt(at + count);
    if (character.toUpperCase() === word.charAt(count).toUpperCase()) continue;
    const code = text.charCodeAt(at + count);
    if (!isLetter(code) && !isDigit(code)) break;
    return 0;
  }
  return count;
}

function takeWord(text: string, at: number, clock: Clock): number {
  for (const [month, name] of MONTHS.entries()) {
    const match = agreeing(text, at, name);
    if (match >= 3) {
      clock.month = month;
      return match;
    }
  }
  for (const name of WEEKDAYS) {
    const match = agreeing(text, at, name);
    if (match >= 3) return match;
  }
  for (const [name, hours] of ZONES) {
    const match = agreeing(text, at, name);
    if (match >= 3 || match === name.length) {
      clock.offset ??= hours * 60;
      return match;
    }
  }
  if (agreeing(text, at, 'PM') === 2) {
    clock.hour = (clock.hour % 12) + 12;
    return 2;
  }
  if (agreeing(text, at, 'AM') === 2) {
    clock.hour = clock.hour % 12;
    return 2;
  }
  // ISO 8601: a T before the time of day.
  if (text[at] === 'T' && isDigit(text.charCodeAt(at + 1)) && clock.hour === -1) {
    clock.minute = clock.second = 0;
    return 1;
  }
  let used = 1;
  while (isLetter(text.charCodeAt(at + used))) used++;
  return used;
}

function digits(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

function setTime(hour: number, minute: number, second: number, clock: Clock): boolean {
  if (hour < 0 || hour > 24 || minute < 0 || minute >= 60 || second < 0 || second > 60) return false;
  clock.hour = hour;
  clock.minute = minute;
  clock.second = second;
  return true;
}

function setDate(year: number, month: number, day: number, clock: Clock): boolean {
  if (month <= 0 || month >= 13 || day <= 0 || day >= 32) return false;
  let years = -1;
  if (year >= 1970 && year < 2100) years = year - 1900;
  else if (year > 70 && year < 100) years = year;
  else if (year >= 0 && year < 38) years = year + 100;
  else if (year !== -1) return false;
  clock.month = month - 1;
  clock.day = day;
  if (year !== -1) clock.year = years;
  return true;
}

/** Numbers with `:`, `-`, `/` or `.` between them: a time or a date. Gives the characters used, 0 where it is neither. */
function takeSeparated(text: string, at: number, first: number, end: number, clock: Clock): number {
  const separator = text.charAt(end);
  let next = digits(text, end + 1);
  const second = Number(text.slice(end + 1, next));
  let third = -1;
  if (text.charAt(next) === separator && isDigit(text.charCodeAt(next + 1))) {
    const from = next + 1;
    next = digits(text, from);
    third = Number(text.slice(from, next));
  }
  if (separator === ':') {
    if (!setTime(first, second, Math.max(third, 0), clock)) return 0;
    const dated = clock.year !== -1 && clock.month !== -1 && clock.day !== -1;
    if (dated && text.charAt(next) === '.' && isDigit(text.charCodeAt(next + 1))) next = digits(text, next + 1);
    return next - at;
  }
  const fits =
    (first > 70 && (setDate(first, second, third, clock) || setDate(first, third, second, clock))) ||
    (separator !== '.' && setDate(third, first, second, clock)) ||
    setDate(third, second, first, clock) ||
    (separator === '.' && setDate(third, first, second, clock));
  return fits ? next - at : 0;
}

function nothingSeen(clock: Clock): boolean {
  return [clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second].every((part) => part < 0);
}

function takeNumber(text: string, at: number, clock: Clock): number {
  const end = digits(text, at);
  const count = end - at;
  const value = Number(text.slice(at, end));
  // More than eight digits: seconds since 1970.
  if (value >= 100000000 && nothingSeen(clock)) {
    takeSeconds(value, clock);
    return count;
  }
  const separator = text.charAt(end);
  if (':./-'.includes(separator) && separator !== '' && isDigit(text.charCodeAt(end + 1))) {
    const used = takeSeparated(text, at, value, end, clock);
    if (used > 0) return used;
  }
  if (count === 8 || count === 6) {
    const [high, middle, low] = [Math.floor(value / 10000), Math.floor((value % 10000) / 100), value % 100];
    if (count === 8) setDate(high, middle, low, clock);
    else if (setTime(high, middle, low, clock) && separator === '.' && isDigit(text.charCodeAt(end + 1))) {
      return digits(text, end + 1) - at;
    }
    return count;
  }
  if (clock.hour === -1 && clock.minute === 0 && clock.second === 0) {
    const hour = count === 4 ? Math.floor(value / 100) : value;
    const minute = count === 4 ? value % 100 : 0;
    if ((count === 4 || count === 2) && setTime(hour, minute, 0, clock)) return count;
    clock.minute = clock.second = -1;
  }
  if (count === 4) {
    if (value <= 1400 && clock.offset === null) clock.offset = Math.floor(value / 100) * 60 + (value % 100);
    else if (value > 1900 && value < 2100) clock.year = value - 1900;
    return count;
  }
  if (count > 2) return count;
  takeSmall(value, count, clock);
  return count;
}

function takeSeconds(value: number, clock: Clock): boolean {
  const days = Math.floor(value / 86400);
  const date = civil(days);
  if (date === null) return false;
  clock.year = date.year - 1900;
  clock.month = date.month;
  clock.day = date.day;
  clock.hour = Math.floor((value % 86400) / 3600);
  clock.minute = Math.floor((value % 3600) / 60);
  clock.second = value % 60;
  clock.absolute = true;
  return true;
}

/** Year, month from 0 and day of a number of days since 1970; null from 2100 on. */
function civil(days: number): { year: number; month: number; day: number } | null {
  let left = days;
  for (let year = 1970; year < 2100; year++) {
    const leap = year % 4 === 0;
    const length = leap ? 366 : 365;
    if (left >= length) {
      left -= length;
      continue;
    }
    for (let month = 11; month >= 0; month--) {
      const before = (DAYS_BEFORE[month] ?? 0) + (leap && month > 1 ? 1 : 0);
      if (left >= before) return { year, month, day: left - before + 1 };
    }
  }
  return null;
}

/** One or two digits: a day first, then a year, then a month. */
function takeSmall(value: number, count: number, clock: Clock): void {
  if (value > 0 && value < 32 && clock.day < 0) {
    clock.day = value;
    return;
  }
  if (count === 2 && clock.year < 0) {
    if (value < 10 && clock.day >= 0) {
      clock.year = value + 100;
      return;
    }
    if (value >= 70) {
      clock.year = value;
      return;
    }
  }
  if (value > 0 && value < 32) clock.day = value;
  else if (value > 0 && value < 13) clock.month = value - 1;
}

/** `+hhmm`, `+hh:mm` or `+hh`. */
function takeZone(text: string, at: number, clock: Clock): number {
  let end = digits(text, at + 1);
  const count = end - at - 1;
  let hour = Number(text.slice(at + 1, end));
  let minute = 0;
  if (count === 4) {
    minute = hour % 100;
    hour = Math.floor(hour / 100);
  } else if (count !== 2) minute = 99;
  else if (text.charAt(end) === ':') {
    const from = end + 1;
    end = digits(text, from);
    minute = end - at - 1 === 5 ? Number(text.slice(from, end)) : 99;
  }
  if (minute < 60 && hour < 24) clock.offset = (hour * 60 + minute) * (text.charAt(at) === '-' ? -1 : 1);
  return end - at;
}
