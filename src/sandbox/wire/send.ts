import type { Response } from 'express';
import {
  invalidClient,
  invalidCode,
  invalidRefreshToken,
  notImplemented,
  sameArguments,
  timeout,
} from './answers.ts';
import type { Delays } from './delays.ts';
import type { DELIVERY, Fault, INSTEAD } from './faults.ts';

const LATE_MS = 15_000;
const BYTE_MS = 500;
const JSON_TYPE = 'application/json; charset=utf-8';
const HTML_TYPE = 'text/html; charset=utf-8';

/** `answer` as JSON. Written by hand: the host's settings (etag, json spaces) must not change a byte. */
export function sendAnswer(res: Response, answer: string): void {
  send(res, 200, JSON_TYPE, answer);
}

type Delivery = (res: Response, answer: string, delayMs: number | null, delays: Delays) => void;

const deliveries: Record<(typeof DELIVERY)[number], Delivery> = {
  'lose-reply': (res) => res.destroy(),
  late: (res, answer, delayMs, delays) =>
    delays.after(res, delayMs ?? LATE_MS, () => sendAnswer(res, answer)),
  slow: (res, answer, delayMs, delays) => drip(res, answer, delayMs ?? BYTE_MS, delays),
  truncated: (res, answer) => send(res, 200, JSON_TYPE, answer.slice(0, answer.length / 2)),
};

/** Sends the answer in the way a fault spoils it. */
export function deliver(
  res: Response,
  answer: string,
  fault: Fault<(typeof DELIVERY)[number]>,
  delays: Delays,
): void {
  deliveries[fault.name](res, answer, fault.delayMs, delays);
}

/** Answers without having done anything. */
export function sendInstead(res: Response, name: (typeof INSTEAD)[number]): void {
  if (name === 'reset') res.destroy();
  else if (name === 'http-500') send(res, 500, HTML_TYPE, htmlPage('Internal Server Error'));
  else if (name === 'html') send(res, 200, HTML_TYPE, htmlPage('Back soon'));
  else sendAnswer(res, JSON.stringify(falseAnswers[name]));
}

const falseAnswers = {
  'status-601': sameArguments(10),
  'status-522': timeout,
  'status-2554': notImplemented,
  'wrong-secret': invalidClient,
  'refuse-code': invalidCode,
  'refuse-refresh': invalidRefreshToken,
};

function send(res: Response, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
  res.end(body);
}

/** Byte by byte: each read succeeds, the whole takes for ever. */
function drip(res: Response, text: string, everyMs: number, delays: Delays): void {
  const body = Buffer.from(text);
  res.writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Length': body.length });
  const next = (from: number): void => {
    res.write(body.subarray(from, from + 1));
    if (from + 1 === body.length) res.end();
    else delays.after(res, everyMs, () => next(from + 1));
  };
  next(0);
}

function htmlPage(title: string): string {
  return `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1></html>\n`;
}
