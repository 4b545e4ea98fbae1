// Staffed hours: when somebody is at the desk, and what happens to comments when nobody is.

import { button, el } from '../../widgets/dom.js';
import { choice } from './policy-rules.js';

/** @typedef {import('./policy-types.js').Draft} Draft */
/** @typedef {import('./policy-types.js').Span} Span */

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const OUTSIDE = /** @type {const} */ ([
  ['hold', 'hold every comment'],
  ['hold_risky', 'hold what is risky'],
  ['close', 'close all threads'],
]);

/** @returns {Span} */
const workdays = () => ({ days: [0, 1, 2, 3, 4], from: '08:00', to: '18:00' });

/** @param {Draft} draft */
export function hours(draft) {
  const on = el('input', { type: 'checkbox', name: 'staffed', disabled: !draft.editable });
  const zone = el('input', { type: 'text', name: 'time_zone', list: 'time-zones', autocomplete: 'off', spellcheck: 'false', disabled: !draft.editable });
  const zones = el('datalist', { id: 'time-zones' }, ...Intl.supportedValuesOf('timeZone').map((value) => el('option', { value })));
  const outside = choice(draft, 'When nobody is there', OUTSIDE, () => draft.policy.hours?.outside ?? 'hold', (value) => {
    if (draft.policy.hours) draft.policy.hours.outside = value;
  });
  const list = el('div', { class: 'windows' });
  const add = button('add-hours', 'Add hours', () => {
    draft.policy.hours?.windows.push({ days: [5], from: '10:00', to: '14:00' });
    fill();
    draft.changed();
  }, { class: 'link', hidden: !draft.editable });
  const details = el(
    'div',
    { class: 'schedule' },
    el('label', { class: 'line' }, el('span', {}, 'Time zone'), zone),
    list,
    add,
    el('div', { class: 'line' }, el('span', {}, 'When nobody is there'), outside.node),
    el('p', { class: 'about' }, 'Risky is a comment with any signal, or with a score of half of what holds it. Hours that end before they begin last into the next day.'),
  );
  on.onchange = () => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    draft.policy.hours = on.checked ? { time_zone: timeZone, windows: [workdays()], outside: 'hold' } : null;
    fill();
    draft.changed();
  };
  zone.onchange = () => {
    if (draft.policy.hours) draft.policy.hours.time_zone = zone.value.trim();
    draft.changed();
  };
  const fill = () => {
    const given = draft.policy.hours;
    on.checked = given !== null;
    details.hidden = !given;
    if (!given) return;
    zone.value = given.time_zone;
    outside.fill();
    list.replaceChildren(...given.windows.map((span, index) => row(draft, span, index, fill)));
  };
  const node = el(
    'section',
    { 'aria-labelledby': 'hours-title' },
    el('h3', { id: 'hours-title' }, 'Hours'),
    el('label', { class: 'tick' }, on, ' Somebody is at the desk at certain hours only'),
    details,
    zones,
  );
  return { node, fill };
}

/**
 * @param {Draft} draft
 * @param {Span} span
 * @param {number} index
 * @param {() => void} fill
 */
function row(draft, span, index, fill) {
  const which = `Hours ${index + 1}`;
  const days = DAYS.map((name, day) => {
    const box = el('input', { type: 'checkbox', checked: span.days.includes(day), 'aria-label': `${which}: ${name}`, disabled: !draft.editable });
    box.onchange = () => {
      const chosen = box.checked ? [...span.days, day].sort() : span.days.filter((one) => one !== day);
      // Hours of no day are none.
      if (!chosen.length) box.checked = true;
      else span.days = chosen;
      draft.changed();
    };
    return el('label', { class: 'day', title: name }, box, el('span', { 'aria-hidden': 'true' }, name.slice(0, 2)));
  });
  /** @param {'from' | 'to'} end */
  const clock = (end) => {
    const input = el('input', { type: 'time', value: span[end], required: true, 'aria-label': `${which}: ${end}`, disabled: !draft.editable });
    input.onchange = () => {
      if (input.validity.valid) span[end] = input.value.slice(0, 5);
      draft.changed();
    };
    return input;
  };
  const remove = button('remove-hours', 'Remove', () => {
    draft.policy.hours?.windows.splice(index, 1);
    fill();
    draft.changed();
  }, { class: 'link', 'aria-label': `Remove hours ${index + 1}`, hidden: !draft.editable || draft.policy.hours?.windows.length === 1 });
  return el('div', { class: 'window' }, el('span', { class: 'days' }, ...days), el('span', { class: 'with' }, clock('from'), ' to ', clock('to')), remove);
}
