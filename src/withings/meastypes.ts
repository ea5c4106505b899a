export interface Meastype {
  label: string;
  unit: string;
  /** Wide: what a human body can be. What lies outside was not measured. */
  range: [number, number];
}

/** What a meastype is called here, and its unit. Source: Withings, "Measure - Getmeas", table of meastype. */
export const MEASTYPES: ReadonlyMap<number, Meastype> = new Map<number, Meastype>([
  [1, { label: 'Weight', unit: 'kg', range: [0.3, 700] }],
  [4, { label: 'Height', unit: 'm', range: [0.2, 3] }],
  [5, { label: 'Fat-free mass', unit: 'kg', range: [0.1, 700] }],
  [6, { label: 'Fat ratio', unit: '%', range: [0.5, 95] }],
  [8, { label: 'Fat mass', unit: 'kg', range: [0.05, 600] }],
  [9, { label: 'Diastolic blood pressure', unit: 'mmHg', range: [10, 370] }],
  [10, { label: 'Systolic blood pressure', unit: 'mmHg', range: [20, 400] }],
  [11, { label: 'Heart pulse', unit: 'bpm', range: [15, 400] }],
  [12, { label: 'Temperature', unit: '°C', range: [10, 50] }],
  [54, { label: 'Blood oxygen', unit: '%', range: [30, 100] }],
  [71, { label: 'Body temperature', unit: '°C', range: [10, 50] }],
  [73, { label: 'Skin temperature', unit: '°C', range: [0, 50] }],
  [76, { label: 'Muscle mass', unit: 'kg', range: [0.1, 500] }],
  [77, { label: 'Hydration', unit: 'kg', range: [0.1, 500] }],
  [88, { label: 'Bone mass', unit: 'kg', range: [0.05, 50] }],
  [91, { label: 'Pulse wave velocity', unit: 'm/s', range: [0.5, 50] }],
  [123, { label: 'VO2 max', unit: 'ml/min/kg', range: [1, 120] }],
  [155, { label: 'Vascular age', unit: 'years', range: [1, 150] }],
  [168, { label: 'Extracellular water', unit: 'kg', range: [0.01, 500] }],
  [169, { label: 'Intracellular water', unit: 'kg', range: [0.01, 500] }],
  [170, { label: 'Visceral fat', unit: '', range: [0, 300] }],
  [173, { label: 'Fat-free mass of a part', unit: 'kg', range: [0.01, 700] }],
  [174, { label: 'Fat mass of a part', unit: 'kg', range: [0.01, 600] }],
  [175, { label: 'Muscle mass of a part', unit: 'kg', range: [0.01, 500] }],
  [226, { label: 'Basal metabolic rate', unit: 'kcal', range: [50, 30_000] }],
  [227, { label: 'Metabolic age', unit: 'years', range: [1, 150] }],
]);

export const WEIGHT = 1;
export const HEIGHT = 4;

/** The `position` of what a Body Scan says of the whole body (recorded, not documented). */
export const WHOLE_BODY = 7;
