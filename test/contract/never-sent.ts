/** Documented places of answers that the sandbox leaves empty. Everything else must be filled once in the walk. */
export const neverSent = [
  {
    operationId: 'userv2-getdevice',
    why: 'for advanced partners only',
    places: ['mac_address', 'fw', 'network', 'last_used_network', 'sim_status'].map(
      (name) => `body.devices[].${name}`,
    ),
  },
  {
    operationId: 'measure-getmeas',
    why: 'really called modelid',
    places: ['body.measuregrps[].model_id'],
  },
  {
    operationId: 'measurev2-getintradayactivity',
    why: 'the trackers here measure steps and pulse',
    places: [
      ...['stroke', 'pool_lap', 'spo2_auto', 'rmssd', 'sdnn1', 'hrv_quality', 'core_body_temperature'],
      ...['rr', 'chest_movement_rate'],
    ].map((name) => `body.series{}.${name}`),
  },
  {
    operationId: 'measurev2-getworkouts',
    why: 'nobody here swims, takes a temperature or writes a workout down by hand',
    places: [
      ...['avg', 'max', 'min', 'status'].map((name) => `core_body_temperature_${name}`),
      ...['manual_intensity', 'pool_laps', 'pool_length', 'strokes'],
    ].map((name) => `body.series[].data.${name}`),
  },
  {
    operationId: 'sleepv2-get',
    why: 'newer vitals are not simulated',
    places: ['hrv_quality', 'chest_movement_rate', 'withings_index', 'breathing_sounds'].map(
      (name) => `body.series[].${name}{}`,
    ),
  },
  {
    operationId: 'sleepv2-getsummary',
    why: 'newer vitals are not simulated',
    places: [
      ...['breathing_quality_assessment', 'night_events', 'mvt_score_avg', 'mvt_active_duration'],
      ...['rmssd_start_avg', 'rmssd_end_avg', 'withings_index'],
      ...['breathing_sounds', 'breathing_sounds_episode_count'],
      ...['average', 'min', 'max'].map((name) => `chest_movement_rate_wellness_${name}`),
      ...['average', 'min', 'max'].map((name) => `chest_movement_rate_${name}`),
      ...['min', 'max', 'avg', 'status'].map((name) => `core_body_temperature_${name}`),
    ].map((name) => `body.series[].data.${name}`),
  },
  {
    operationId: 'heartv2-list',
    why: 'stethoscopes are not simulated',
    places: ['body.series[].stetho.signalid', 'body.series[].stetho.vhd'],
  },
  {
    operationId: 'dropshipmentv2-createuserorder',
    why: "in the document's own example it stands beside the orders, not in them",
    places: ['body.orders[].dropshipmentorderid'],
  },
  {
    operationId: 'dropshipmentv2-createuserorder',
    why: 'comes with a refusal, which refusals.test.ts looks at',
    places: ['body.invalid_address_customer_ref_ids[]'],
  },
];
