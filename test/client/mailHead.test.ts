import { expect, test } from 'vitest';
import { beginsAsPatchMail } from '../../client/src/mailHead.ts';

test.each([
  ['of git format-patch', [`From ${'1f'.repeat(20)} Mon Sep 17 00:00:00 2001`, 'From: a']],
  ['of a mail program', ['Return-Path: <a@example.org>', 'X-Spam: no', 'subject: [PATCH] x', '', 'body']],
  ['that begins with the subject', ['Subject: [PATCH] x', '', 'body']],
])('a head %s is one', (_name, lines) => expect(beginsAsPatchMail(lines)).toBe(true));

test.each([
  ['a bare diff', ['diff --git a/x b/x', '--- a/x', '+++ b/x']],
  ['a diff of svn', ['Index: x', '=====']],
  ['text with a colon', ['Date: today', '', 'Subject: later']],
  ['nothing', []],
])('%s is none', (_name, lines) => expect(beginsAsPatchMail(lines)).toBe(false));
