import { DEVICES, type Device, type Owned, owned } from '../devices.ts';
import type { BodyReading, HeartReading } from './body.ts';
import { type Measure, measure } from './groups.ts';

/** Everybody has one. */
export function scaleOf(owns: readonly Owned[]): Device {
  return owned(owns, 'bodyScan', 'cardioScale', 'scale', 'cellularScale') ?? DEVICES.scale;
}

/** One step on the scale. */
export function weighed(scale: Device, body: BodyReading, heart: HeartReading): Measure[] {
  if (scale === DEVICES.bodyScan) return scanned(body);
  const basic = [
    measure(1, body.weight, -3),
    measure(6, body.fatPercent, -3),
    measure(8, body.fatMass, -2),
    measure(5, body.fatFreeMass, -2),
    measure(76, body.muscle, -2),
    measure(77, body.water, -2),
    measure(88, body.bone, -2),
  ];
  if (scale !== DEVICES.cardioScale) return basic;
  return [...basic, measure(11, heart.pulse, 0), measure(91, 5.2 + (heart.systolic - 100) / 14, -3)];
}

/** @differs getmeas (S): `position` 7, which the document does not name, for the whole body */
const WHOLE = 7;
/** Torso, left leg, left arm, right leg, right arm (documented), and about what share of the body each has. */
const SEGMENTS = [
  { position: 12, lean: 0.518, fat: 0.648 },
  { position: 10, lean: 0.175, fat: 0.129 },
  { position: 3, lean: 0.061, fat: 0.057 },
  { position: 11, lean: 0.182, fat: 0.112 },
  { position: 2, lean: 0.064, fat: 0.054 },
];

/** @differs getmeas (S): of a Body Scan types 5 and 8 come twice, 168 and 169 whole and for each segment; the weight has no position */
function scanned(body: BodyReading): Measure[] {
  const outside = body.water * 0.415;
  const inside = body.water - outside;
  const whole = (type: number, real: number, unit = -2) => measure(type, real, unit, WHOLE);
  const parts = (type: number, real: number, share: 'lean' | 'fat' = 'lean') =>
    SEGMENTS.map((segment) => measure(type, real * segment[share], -2, segment.position));
  return [
    measure(1, body.weight, -3),
    whole(5, body.fatFreeMass),
    whole(5, body.fatFreeMass),
    whole(8, body.fatMass),
    whole(8, body.fatMass),
    whole(76, body.muscle),
    whole(77, body.water),
    whole(88, body.bone),
    whole(168, outside),
    whole(169, inside),
    whole(170, body.fatPercent / 7, -1),
    ...parts(168, outside),
    ...parts(169, inside),
    ...parts(173, body.fatFreeMass),
    ...parts(174, body.fatMass, 'fat'),
    ...parts(175, body.muscle),
    whole(226, 370 + 21.6 * body.fatFreeMass, 0),
    measure(6, body.fatPercent, -3),
  ];
}
