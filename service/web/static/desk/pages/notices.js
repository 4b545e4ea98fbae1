// Notices: who is told what by e-mail, and how each alarm stands. For editors.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { alarm, choice, figure, sentence, stand, tick } from './notices-parts.js';

/** @typedef {import('../types.js').Session} Session */
/** @typedef {import('./notices-parts.js').State} State */
/**
 * @typedef {{ recipients: string[], time_zone: string | null, digest: string, digest_hour: number, digest_day: number,
 *   held_minutes: number | null, staffed_only: boolean, jump_times: number | null, jump_comments: number, jump_reports: number,
 *   failing_count: number | null, failing_share: number }} Rules
 * @typedef {{ kind: string, recipient: string, attempts: number, error: string, failed_at: string, given_up: boolean }} Failure
 * @typedef {{ site: string, saved: boolean, rules: Rules, zone: string, staffed: boolean, mail: boolean, next_digest: string | null,
 *   alarms: State[], failures: Failure[], updated_by: string | null, updated_at: string | null }} Answer
 */

const NOTICES = 'v1/moderation/notices';
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const KINDS = /** @type {Record<string, string>} */ ({ alarm: 'An alarm', digest: 'A digest', test: 'A test' });
const exact = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' });

/** @param {unknown} error */
const said = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {{ session: Session, signal: AbortSignal, site?: string }} given `site` '' or left out: the first
 */
export async function show(root, { session, signal, site }) {
  const slug = site || session.sites[0]?.slug;
  if (session.moderator.role !== 'editor' || !slug) {
    root.replaceChildren(el('p', { class: 'plain' }, 'Editors say who is told what.'));
    return;
  }
  root.replaceChildren(el('p', { class: 'loading' }, 'Loading the notices …'));
  try {
    const answer = await call('GET', `${NOTICES}?site=${encodeURIComponent(slug)}`);
    if (!signal.aborted) new Page(root, session, slug, signal).start(answer);
  } catch (error) {
    if (signal.aborted) return;
    const again = button('retry', 'Try again', () => show(root, { session, signal, site }), { class: 'link' });
    root.replaceChildren(el('p', { class: 'alert', role: 'alert' }, said(error), ' ', again));
  }
}

class Page {
  #saved = '';
  #busy = false;
  /** @type {Rules} as it was put last */
  #last = /** @type {any} */ ({});
  #head = el('p', { class: 'quiet' });
  #silent = el('p', { class: 'alert' }, 'No mail server is set up, so no mail is sent: alarms show up on this page, and go to webhooks that ask for them. Whoever runs the service sets REJOINDER_SMTP_URL.');
  #problem = el('p', { class: 'alert', role: 'alert', hidden: true });
  #state = el('span', { class: 'states', role: 'status' });
  #next = el('p', { class: 'about' });
  #schedule = el('span', { class: 'quiet' });
  #failures = el('section', { 'aria-labelledby': 'notices-failures', hidden: true });
  recipients = el('textarea', { name: 'recipients', rows: 4, spellcheck: 'false', autocapitalize: 'off', 'aria-describedby': 'recipients-about' });
  zone = el('input', { name: 'time_zone', list: 'notice-zones', autocomplete: 'off', spellcheck: 'false' });
  held = tick('held');
  minutes = figure('held_minutes', 5, 10080);
  staffed = tick('staffed_only');
  jump = tick('jump');
  times = figure('jump_times', 1.5, 100, 0.1);
  comments = figure('jump_comments', 1, 1000000);
  reports = figure('jump_reports', 1, 1000000);
  failing = tick('failing');
  count = figure('failing_count', 1, 1000000);
  share = figure('failing_share', 0.1, 100, 0.1);
  digest = choice('digest', [['off', 'None'], ['daily', 'Every day'], ['weekly', 'Every week']], 'How often');
  day = choice('digest_day', WEEKDAYS.map((name, n) => [String(n), name]), 'Day of the week');
  hour = choice('digest_hour', [...Array(24).keys()].map((n) => [String(n), `${String(n).padStart(2, '0')}:00`]), 'Hour');

  /**
   * @param {HTMLElement} root
   * @param {Session} session
   * @param {string} site
   * @param {AbortSignal} signal
   */
  constructor(root, session, site, signal) {
    this.root = root;
    this.session = session;
    this.site = site;
    this.signal = signal;
    this.save = button('save', 'Save', () => this.#put(), { class: 'act publish' });
    this.test = button('test', 'Send a test', () => this.#test(), { class: 'act' });
    /** @type {Record<string, HTMLElement>} */
    this.states = Object.fromEntries(['held', 'comments', 'reports', 'classifier'].map((name) => [name, el('p', { class: 'alarm-state' })]));
  }

  /** @param {Answer} answer */
  start(answer) {
    const form = el(
      'form',
      { class: 'notices', novalidate: true },
      el('header', { class: 'notices-top' }, el('h2', {}, 'Notices'), this.#sites(), this.#head),
      this.#silent,
      this.#problem,
      this.#who(),
      this.#alarms(),
      this.#digest(),
      this.#failures,
      el('div', { class: 'save-bar', role: 'region', 'aria-label': 'Saving' }, this.#state, this.test, this.save),
    );
    form.oninput = () => this.#changed();
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#put();
    };
    this.root.replaceChildren(form);
    this.#take(answer);
    const warn = (/** @type {Event} */ event) => this.dirty && event.preventDefault();
    addEventListener('beforeunload', warn, { signal: this.signal });
  }

  #sites() {
    const { sites } = this.session;
    if (sites.length < 2) return false;
    const select = choice('notices-site', sites.map(({ slug, name }) => [slug, name]), 'Site');
    select.value = this.site;
    select.onchange = () => {
      if (this.dirty && !confirm('Leave the changes that are not saved?')) select.value = this.site;
      else show(this.root, { session: this.session, signal: this.signal, site: select.value });
    };
    select.oninput = (event) => event.stopPropagation();
    return select;
  }

  #who() {
    return el(
      'section',
      { 'aria-labelledby': 'notices-who' },
      el('h3', { id: 'notices-who' }, 'Who is told'),
      el('label', { class: 'field' }, el('span', {}, 'E-mail addresses, one a line'), this.recipients),
      el('p', { class: 'about', id: 'recipients-about' }, 'Up to 20. Mails hold counts, times and titles of articles; never what readers wrote, nor who they are.'),
      el('label', { class: 'field narrow' }, el('span', {}, 'Time zone'), this.zone),
      el('datalist', { id: 'notice-zones' }, ...Intl.supportedValuesOf('timeZone').map((value) => el('option', { value }))),
    );
  }

  #alarms() {
    return el(
      'section',
      { 'aria-labelledby': 'notices-alarms' },
      el('h3', { id: 'notices-alarms' }, 'Alarms'),
      el('p', { class: 'about' }, 'Each is told when it begins, when it is over, and every four hours between.'),
      alarm(
        this.held,
        'Comments wait too long',
        [
          sentence('once the oldest held comment has waited ', [this.minutes, 'Minutes of waiting'], ' minutes'),
          el('label', { class: 'tick' }, this.staffed, el('span', {}, 'only while somebody is at the desk ', this.#schedule)),
        ],
        [this.states.held],
      ),
      alarm(
        this.jump,
        'A jump in numbers',
        [
          sentence('once an hour brings ', [this.times, 'Times as many as usual'], ' times as many as usual,'),
          sentence('and at least ', [this.comments, 'Comments in the hour'], ' comments or ', [this.reports, 'Reports in the hour'], ' reports'),
          el('p', { class: 'about' }, 'Usual is the middle of the same hour of the week in the last four weeks.'),
        ],
        [this.states.comments, this.states.reports],
      ),
      alarm(
        this.failing,
        'The machine fails',
        [sentence('once within a quarter of an hour ', [this.count, 'Comments not judged'], ' comments were not judged,'), sentence('or ', [this.share, 'Per cent of all comments'], ' % of all, and two at least')],
        [this.states.classifier],
      ),
    );
  }

  #digest() {
    return el(
      'section',
      { 'aria-labelledby': 'notices-digest' },
      el('h3', { id: 'notices-digest' }, 'Digest'),
      el('p', { class: 'about' }, 'The day before, or the seven: comments, decisions, what waits, the liveliest articles, campaigns, and where people and machine differ.'),
      el('div', { class: 'when' }, this.digest, this.day, this.hour),
      this.#next,
    );
  }

  /** @returns {Rules} what the form says; NaN where it says no number */
  get rules() {
    // Of an alarm that is off nobody need have left a number.
    const whole = (/** @type {HTMLInputElement} */ input, /** @type {number} */ before) => (input.disabled && !input.value ? before : input.valueAsNumber);
    return {
      recipients: this.recipients.value.split(/[\n,;]/).map((line) => line.trim()).filter(Boolean),
      time_zone: this.zone.value.trim() || null,
      digest: this.digest.value,
      digest_hour: Number(this.hour.value),
      digest_day: Number(this.day.value),
      held_minutes: this.held.checked ? this.minutes.valueAsNumber : null,
      staffed_only: this.staffed.checked,
      jump_times: this.jump.checked ? this.times.valueAsNumber : null,
      jump_comments: whole(this.comments, this.#last.jump_comments),
      jump_reports: whole(this.reports, this.#last.jump_reports),
      failing_count: this.failing.checked ? this.count.valueAsNumber : null,
      failing_share: Number((whole(this.share, this.#last.failing_share * 100) / 100).toFixed(4)),
    };
  }

  get dirty() {
    return JSON.stringify(this.rules) !== this.#saved;
  }

  /** @param {Answer} answer how it stands now */
  #take({ saved, rules, zone, staffed, mail, next_digest: next, alarms, failures, updated_by: by, updated_at: at }) {
    this.#last = rules;
    this.recipients.value = rules.recipients.join('\n');
    this.zone.value = rules.time_zone ?? '';
    this.zone.placeholder = rules.time_zone ? '' : zone;
    this.held.checked = rules.held_minutes !== null;
    this.minutes.value = String(rules.held_minutes ?? 120);
    this.staffed.checked = rules.staffed_only;
    this.jump.checked = rules.jump_times !== null;
    this.times.value = String(rules.jump_times ?? 3);
    this.comments.value = String(rules.jump_comments);
    this.reports.value = String(rules.jump_reports);
    this.failing.checked = rules.failing_count !== null;
    this.count.value = String(rules.failing_count ?? 5);
    this.share.value = String(Math.round(rules.failing_share * 1000) / 10);
    this.digest.value = rules.digest;
    this.day.value = String(rules.digest_day);
    this.hour.value = String(rules.digest_hour);
    this.#saved = saved ? JSON.stringify(this.rules) : '';
    this.#silent.hidden = mail;
    this.mail = mail;
    this.#schedule.textContent = staffed ? '' : '(the policy has no staffed hours: always)';
    this.#next.textContent = next ? `The next one: ${exact.format(new Date(next))}, by your clock.` : '';
    this.#next.hidden = !next;
    this.#head.replaceChildren(...(at ? [`Saved by ${by ?? 'the command line'} `, time(at), '.'] : ['Nobody has saved any yet: nothing is told.']));
    for (const [name, node] of Object.entries(this.states)) stand(node, alarms.find((state) => state.alarm === name), name);
    this.#list(failures);
    this.#changed();
  }

  /** @param {Failure[]} failures */
  #list(failures) {
    this.#failures.hidden = !failures.length;
    this.#failures.replaceChildren(
      el('h3', { id: 'notices-failures' }, 'Not delivered'),
      el('ul', { class: 'failures' }, ...failures.map(({ kind, recipient, error, failed_at: at, given_up: last, attempts }) =>
        el('li', {}, el('b', {}, `${KINDS[kind] ?? kind} to ${recipient}`), ` ${error}. `, el('span', { class: 'quiet' }, last ? 'Given up ' : `Tried ${attempts === 1 ? 'once' : `${attempts} times`}, the last time `, time(at), last ? '' : '; will be tried again')))),
    );
  }

  #changed() {
    const weekly = this.digest.value === 'weekly';
    this.day.hidden = !weekly;
    this.hour.hidden = this.digest.value === 'off';
    for (const [box, ...inputs] of [[this.held, this.minutes, this.staffed], [this.jump, this.times, this.comments, this.reports], [this.failing, this.count, this.share]]) {
      for (const input of inputs) input.disabled = !box.checked;
    }
    const { dirty } = this;
    this.save.disabled = !dirty || this.#busy;
    this.test.disabled = dirty || this.#busy || !this.mail || !this.rules.recipients.length;
    this.#state.textContent = dirty ? (this.#saved ? 'Changes that are not saved' : 'Not saved yet') : 'Nothing changed';
  }

  async #put() {
    if (this.#busy || !this.dirty) return;
    const wrong = /** @type {HTMLInputElement[]} */ ([...this.root.querySelectorAll('input')]).find((input) => !input.disabled && !input.checkValidity());
    if (wrong) {
      wrong.reportValidity();
      return;
    }
    await this.#do(async () => {
      this.#take(await call('PUT', `${NOTICES}?site=${encodeURIComponent(this.site)}`, this.rules));
      return 'Saved.';
    });
  }

  #test() {
    return this.#do(async () => {
      const { recipients } = await call('POST', `${NOTICES}/test?site=${encodeURIComponent(this.site)}`);
      return `A test is on its way to ${recipients === 1 ? 'one address' : `${recipients} addresses`}.`;
    });
  }

  /** @param {() => Promise<string>} run answers what has been done */
  async #do(run) {
    this.#busy = true;
    this.#problem.hidden = true;
    this.#changed();
    try {
      const done = await run();
      this.#busy = false;
      this.#changed();
      this.#state.textContent = done;
    } catch (error) {
      this.#busy = false;
      this.#changed();
      this.#problem.textContent = said(error);
      this.#problem.hidden = false;
      this.#problem.scrollIntoView({ block: 'center' });
    }
  }
}
