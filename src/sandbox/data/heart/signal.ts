import { DEVICES } from '../devices.ts';
import { swing } from '../noise.ts';
import type { Recording } from './recordings.ts';

/** Where a beat's waves lie (seconds around its peak), how wide they are and how high in µV: P, Q, R, S, T. */
const WAVES = [
  { at: -0.17, width: 0.022, height: 110 },
  { at: -0.028, width: 0.008, height: -90 },
  { at: 0, width: 0.01, height: 980 },
  { at: 0.028, width: 0.009, height: -180 },
  { at: 0.24, width: 0.045, height: 240 },
];

/** Documented: BPM Core 20 s at 500 Hz, watches 30 s at 300 Hz. */
export function shapeOf({ device }: Recording): { seconds: number; frequency: number; wearposition: number } {
  return device === DEVICES.ecgCuff
    ? { seconds: 20, frequency: 500, wearposition: 3 }
    : { seconds: 30, frequency: 300, wearposition: 1 };
}

/** A drawn heart in sinus rhythm, in whole µV. */
export function signalOf(recording: Recording): number[] {
  const { seconds, frequency } = shapeOf(recording);
  const peaks = beats(recording, seconds);
  let next = 0;
  return Array.from({ length: seconds * frequency }, (_, index) => {
    const at = index / frequency;
    while (next < peaks.length - 1 && at - (peaks[next] ?? 0) > 0.4) next += 1;
    const tremor = swing(recording.signalid, index, 70) * 9 + Math.sin(at * 1.7) * 14;
    return Math.round(tremor + wave(at - (peaks[next] ?? 0)) + wave(at - (peaks[next + 1] ?? -9)));
  });
}

function beats({ signalid, pulse }: Recording, seconds: number): number[] {
  const peaks: number[] = [];
  let at = 0.3;
  while (at < seconds + 1) {
    peaks.push(at);
    at += (60 / pulse) * (1 + swing(signalid, peaks.length, 71) * 0.04);
  }
  return peaks;
}

function wave(away: number): number {
  return WAVES.reduce(
    (sum, { at, width, height }) => sum + height * Math.exp(-(((away - at) / width) ** 2) / 2),
    0,
  );
}
