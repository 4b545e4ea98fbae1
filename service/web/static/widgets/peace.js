// How many alerts a reader gets, when, and about what none: the lower part of the settings.

import { el } from './dom.js';

/** @typedef {import('./push.js').Choices} Choices */

const A_DAY = [1, 3, 5];
const NIGHT = { from: '22:00', until: '07:00' };

export class Peace {
  /**
   * @param {import('./words.js').Words} w
   * @param {import('./push.js').Push} push
   * @param {Choices} choices
   * @param {(slug: string) => string} name
   */
  constructor(w, push, choices, name) {
    this.w = w;
    this.T = w.alerts;
    this.push = push;
    this.choices = choices;
    this.name = name;
  }

  /**
   * @param {boolean} topics whether some are offered
   * @returns {HTMLElement[]}
   */
  fields(topics) {
    return [this.push.alone && !topics && this.#rest(), this.#cap(), this.#quiet(), this.#muted()].filter((one) => one instanceof HTMLElement);
  }

  /** Of who follows stories alone, where there are no topics to tick. */
  #rest() {
    const box = el('input', { type: 'checkbox', name: 'everything' });
    return el('label', { class: 'check' }, box, el('span', {}, this.T.everything));
  }

  #cap() {
    const { daily_cap: mine } = this.choices;
    const caps = [...new Set([...A_DAY, ...(mine ? [mine] : [])])].sort((a, b) => a - b);
    const options = caps.map((n) => el('option', { value: n, selected: n === mine }, this.w.say(this.T.aDay, { n })));
    const any = el('option', { value: '', selected: !mine }, this.T.anyNumber);
    return el('label', { class: 'field' }, el('span', {}, this.T.howMany), el('select', { name: 'daily-cap' }, any, ...options));
  }

  #quiet() {
    const { quiet } = this.choices;
    // Two times that are the same are none.
    const on = Boolean(quiet && quiet.from !== quiet.until);
    const { from, until } = on && quiet ? quiet : NIGHT;
    const times = el(
      'div',
      { class: 'times' },
      el('label', {}, el('span', {}, this.T.quietFrom), el('input', { type: 'time', name: 'quiet-from', value: from, required: true })),
      el('label', {}, el('span', {}, this.T.quietUntil), el('input', { type: 'time', name: 'quiet-until', value: until, required: true })),
      el('p', { id: 'quiet' }, this.T.quietText),
    );
    const show = () => {
      times.hidden = !box.checked;
      // A field that nobody sees must not keep the form from being sent.
      for (const input of times.querySelectorAll('input')) input.disabled = !box.checked;
    };
    const box = el('input', { type: 'checkbox', name: 'quiet', checked: on, onchange: show, 'aria-describedby': 'quiet' });
    show();
    return el('div', { class: 'hours' }, el('label', { class: 'check' }, box, el('span', {}, this.T.quiet)), times);
  }

  #muted() {
    const { muted } = this.choices;
    if (!muted.length) return null;
    const boxes = muted.map((slug) =>
      el('label', { class: 'topic' }, el('input', { type: 'checkbox', name: 'muted', value: slug, checked: true }), el('span', {}, this.name(slug))),
    );
    return el('fieldset', { class: 'topics' }, el('legend', {}, this.T.muted), el('div', {}, ...boxes));
  }

  /** @param {HTMLFormElement} form @returns {string[] | undefined} the topics of who no longer wants stories alone */
  everything(form) {
    return form.querySelector('[name=everything]:checked') ? this.push.options.topics : undefined;
  }

  /** @param {HTMLFormElement} form @returns {Partial<Choices>} what was changed: the rest may be newer elsewhere */
  picked(form) {
    const data = new FormData(form);
    const { quiet, daily_cap: cap, muted } = this.choices;
    /** @type {Partial<Choices>} */
    const now = {
      daily_cap: Number(data.get('daily-cap')) || null,
      quiet: data.has('quiet') ? { from: String(data.get('quiet-from')), until: String(data.get('quiet-until')) } : null,
      muted: /** @type {string[]} */ (data.getAll('muted')),
    };
    if (now.daily_cap === cap) delete now.daily_cap;
    if (JSON.stringify(now.quiet) === JSON.stringify(quiet)) delete now.quiet;
    if (now.muted?.length === muted.length) delete now.muted;
    return now;
  }
}
