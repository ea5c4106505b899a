import type { Device } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import { momentWords } from './dates.ts';
import { type Panel, panelOf } from './panel.ts';

/** As Withings defines them. */
const BATTERY = {
  high: 'over 75 %',
  medium: '30 to 75 %',
  low: 'under 30 %',
  unknown: 'not known',
};

export function devicesPanel(result: Result<Device[]>): Panel {
  return panelOf(
    { id: 'devices', title: 'Devices' },
    result,
    (devices) => {
      const low = devices.filter(({ battery }) => battery === 'low').map(nameOf);
      return {
        sentence: low.length > 0 ? `Charge soon: ${low.join(', ')}.` : 'All batteries are fine.',
        table: {
          caption: 'Devices',
          columns: ['Device', 'Battery', 'Last seen'],
          rows: devices.map((device) => [
            nameOf(device),
            BATTERY[device.battery],
            device.lastSeen ? momentWords(device.lastSeen) : '–',
          ]),
        },
      };
    },
    'No device is linked to this Withings account. Measures may still come from the app or from a partner.',
  );
}

function nameOf({ model, type }: Device): string {
  return model ?? type ?? 'A device';
}
