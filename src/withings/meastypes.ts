/** What a meastype is called here, and its unit. Source: Withings, "Measure - Getmeas", table of meastype. */
export const MEASTYPES: ReadonlyMap<number, { label: string; unit: string }> = new Map([
  [1, { label: 'Weight', unit: 'kg' }],
  [4, { label: 'Height', unit: 'm' }],
  [5, { label: 'Fat-free mass', unit: 'kg' }],
  [6, { label: 'Fat ratio', unit: '%' }],
  [8, { label: 'Fat mass', unit: 'kg' }],
  [9, { label: 'Diastolic blood pressure', unit: 'mmHg' }],
  [10, { label: 'Systolic blood pressure', unit: 'mmHg' }],
  [11, { label: 'Heart pulse', unit: 'bpm' }],
  [12, { label: 'Temperature', unit: '°C' }],
  [54, { label: 'Blood oxygen', unit: '%' }],
  [71, { label: 'Body temperature', unit: '°C' }],
  [73, { label: 'Skin temperature', unit: '°C' }],
  [76, { label: 'Muscle mass', unit: 'kg' }],
  [77, { label: 'Hydration', unit: 'kg' }],
  [88, { label: 'Bone mass', unit: 'kg' }],
  [91, { label: 'Pulse wave velocity', unit: 'm/s' }],
  [123, { label: 'VO2 max', unit: 'ml/min/kg' }],
  [155, { label: 'Vascular age', unit: 'years' }],
  [168, { label: 'Extracellular water', unit: 'kg' }],
  [169, { label: 'Intracellular water', unit: 'kg' }],
  [170, { label: 'Visceral fat', unit: '' }],
  [226, { label: 'Basal metabolic rate', unit: 'kcal' }],
  [227, { label: 'Metabolic age', unit: 'years' }],
]);

export const WEIGHT = 1;

/** The `position` of what a Body Scan says of the whole body (recorded, not documented). */
export const WHOLE_BODY = 7;
