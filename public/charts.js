// A chart says the value under a pointer, a finger or the arrow keys: what each mark has as its title.
const SVG = 'http://www.w3.org/2000/svg';

/** Makes the charts of a part of the page speak. */
export function letSpeak(part) {
  for (const chart of part.querySelectorAll('.chart')) prepare(chart);
}

function prepare(chart) {
  const svg = chart.querySelector('svg[role="img"]');
  const width = svg.viewBox.baseVal.width;
  const readout = chart.querySelector('.readout');
  const marks = [...svg.querySelectorAll('g')].map((shape) => {
    const { x, width: wide } = shape.getBBox();
    const title = shape.querySelector('title');
    title.remove(); // or the browser shows it a second time
    return { shape, middle: x + wide / 2, words: title.textContent };
  });
  if (marks.length === 0) return;
  const guide = svg.insertBefore(document.createElementNS(SVG, 'path'), svg.querySelector('g'));
  guide.classList.add('guide');

  const slider = document.createElement('input');
  Object.assign(slider, { type: 'range', min: 0, max: marks.length - 1, value: marks.length - 1 });
  slider.setAttribute('aria-label', `${svg.getAttribute('aria-label')}: one by one`);
  slider.setAttribute('aria-valuetext', marks.at(-1).words);
  chart.append(slider);

  let shown;
  function show(index) {
    shown?.shape.classList.remove('read');
    shown = marks[index];
    shown?.shape.classList.add('read');
    guide.setAttribute('d', shown ? `M${shown.middle} 0V${svg.viewBox.baseVal.height}` : '');
    readout.textContent = shown?.words ?? '';
    if (!shown) return;
    slider.value = index;
    slider.setAttribute('aria-valuetext', shown.words);
  }

  function point({ clientX }) {
    const { left, width: across } = svg.getBoundingClientRect();
    const at = ((clientX - left) / across) * width;
    const away = marks.map(({ middle }) => Math.abs(middle - at));
    show(away.indexOf(Math.min(...away)));
  }

  svg.addEventListener('pointerdown', point);
  svg.addEventListener('pointermove', point);
  svg.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType === 'mouse') show(-1); // a finger that is lifted has read nothing yet
  });
  slider.addEventListener('input', () => show(Number(slider.value)));
  slider.addEventListener('focus', () => show(Number(slider.value)));
  slider.addEventListener('blur', () => show(-1));
}
