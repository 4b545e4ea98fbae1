// Members: who may do what where, and the record of every change.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { alertBox, ask, changes, doing, everyPage, field, head, loaded, secret, tell, tick } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {{ id: string, email: string, name: string, role: 'moderator' | 'editor', all_sites: boolean, sites: string[], elsewhere: boolean,
 *   disabled: boolean, manageable: boolean, created_at: string, last_seen_at: string | null, password: boolean, identities: string[] }} Member */

const MEMBERS = 'v1/moderation/members';
const EVENTS = 'v1/moderation/account-events';
const ROLES = { moderator: 'Moderator', editor: 'Editor' };

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 */
export async function show(root, given) {
  const list = el('div');
  const record = el('div');
  const again = async () => {
    await loaded(list, given.signal, everyMember, (members) => [rows(members, given.session, again)]);
    await loaded(record, given.signal, () => call('GET', `${EVENTS}?limit=20`), (page) => [events(page)]);
  };
  const add = button('add', 'Add a member', async () => (await addMember(given.session)) && again(), { class: 'act publish' });
  root.replaceChildren(
    el(
      'div',
      { class: 'accounts' },
      head('Members', 'Moderators decide comments. Editors also put the policy and administer members, sites and keys.', add),
      list,
      el('section', { 'aria-labelledby': 'record-title' }, el('h3', { id: 'record-title' }, 'Record'), record),
    ),
  );
  await again();
}

const everyMember = () => everyPage((cursor) => call('GET', `${MEMBERS}?limit=200&cursor=${encodeURIComponent(cursor)}`));

/**
 * @param {Member} member
 * @param {import('../types.js').Session} session
 */
function where(member, { sites }) {
  if (member.all_sites) return 'Every site';
  const names = member.sites.map((slug) => sites.find((one) => one.slug === slug)?.name ?? slug);
  return names.join(', ') + (member.elsewhere ? ' and others' : '');
}

/**
 * @param {Member[]} members
 * @param {import('../types.js').Session} session
 * @param {() => void} again
 */
function rows(members, session, again) {
  return el(
    'ul',
    { class: 'rows' },
    ...members.map((member) =>
      el(
        'li',
        { class: member.disabled ? 'off' : '', 'data-email': member.email },
        el('div', { class: 'row-main' }, el('b', {}, member.name || member.email), member.id === session.moderator.id && el('span', { class: 'badge' }, 'You'), member.name && el('span', { class: 'quiet' }, member.email)),
        el('div', {}, member.disabled ? 'Disabled' : ROLES[member.role], el('span', { class: 'quiet' }, ` · ${where(member, session)}`)),
        el('div', { class: 'quiet' }, ...seen(member)),
        el(
          'div',
          { class: 'row-do' },
          (member.manageable || !member.all_sites) &&
            button('edit', 'Edit', async () => (await editMember(member, session)) && again(), { class: 'act', 'aria-label': `Edit ${member.name || member.email}` }),
        ),
      ),
    ),
  );
}

/** @param {Member} member */
function seen(member) {
  if (member.last_seen_at) return ['Last seen ', time(member.last_seen_at)];
  return [member.manageable ? 'Has not signed in yet' : ''];
}

/**
 * The sites to choose from, as ticks; `all` for whoever may give every site.
 * @param {import('../types.js').Session} session
 * @param {{ all_sites: boolean, sites: string[] }} chosen
 */
function siteField(session, chosen) {
  const list = el('div', { class: 'ticks' }, ...session.sites.map(({ slug, name }) => tick('site', name, chosen.sites.includes(slug), { value: slug })));
  const all = tick('every', 'Every site, also those to come', chosen.all_sites);
  const box = /** @type {HTMLInputElement} */ (all.querySelector('input'));
  const follow = () => (list.hidden = box.checked);
  box.onchange = follow;
  const chief = session.moderator.all_sites;
  if (chief) follow();
  else box.checked = false;
  return el('fieldset', {}, el('legend', {}, 'Works for'), chief && all, list);
}

/** @param {HTMLFormElement} form */
function chosenSites(form) {
  const data = new FormData(form);
  return data.has('every') ? null : data.getAll('site').sort();
}

/** @param {string} [role] */
const roleField = (role) =>
  field('Role', el('select', { name: 'role' }, ...Object.entries(ROLES).map(([value, text]) => el('option', { value, selected: value === role }, text))));

/** @param {string} [name] */
const nameField = (name) => field('Name', el('input', { name: 'name', maxlength: 80, value: name ?? '', autocomplete: 'off' }), 'Shown to other moderators. Readers can’t take it, or one that looks like it.');

/** @param {{ link: string, mailed: boolean }} made @param {string} email */
function linkBox(made, email) {
  const note = `It works once, and for a day. ${made.mailed ? `It was sent to ${email}, too.` : `Give it to ${email}: no e-mail is sent from here.`}`;
  return secret('Sign-in link', new URL(made.link, location.href).href, note);
}

/** @param {import('../types.js').Session} session */
function addMember(session) {
  const only = session.sites.length === 1 ? [session.sites[0].slug] : [];
  return ask(
    'Add a member',
    [
      field('E-mail address', el('input', { type: 'email', name: 'email', required: true, maxlength: 254, autocomplete: 'off' })),
      nameField(),
      roleField(),
      siteField(session, { all_sites: session.moderator.all_sites, sites: only }),
    ],
    'Add',
    async (form) => {
      const data = new FormData(form);
      const body = { email: data.get('email'), name: data.get('name'), role: data.get('role'), sites: chosenSites(form) };
      const added = await call('POST', MEMBERS, body);
      return added.link ? linkBox(added.link, added.member.email) : undefined;
    },
  );
}

/**
 * @param {Member} member
 * @param {import('../types.js').Session} session
 */
async function editMember(member, session) {
  const path = `${MEMBERS}/${member.id}`;
  let changed = false;
  const fields = member.manageable
    ? [nameField(member.name), roleField(member.role), siteField(session, member)]
    : [el('p', { class: 'quiet' }, 'This member works for sites that aren’t yours, too. You can say which of yours.'), siteField(session, member)];
  const beside = member.manageable ? [more(member, session, path, () => (changed = true))] : [];
  const done = await ask(
    member.name || member.email,
    fields,
    'Save',
    async (form) => {
      const data = new FormData(form);
      const sites = chosenSites(form);
      const wanted = member.manageable ? { name: data.get('name'), role: data.get('role'), sites } : { sites };
      await call('PATCH', path, changes({ ...member, sites: member.all_sites ? null : member.sites }, wanted));
    },
    beside,
  );
  return done || changed;
}

/**
 * What else can be done with a member.
 * @param {Member} member
 * @param {import('../types.js').Session} session
 * @param {string} path
 * @param {() => void} changed
 */
function more(member, session, path, changed) {
  const alert = alertBox();
  const news = el('p', { role: 'status', class: 'quiet' });
  /** @param {string} name @param {string} text @param {() => Promise<string | void>} work @param {string} [look] */
  const act = (name, text, work, look = 'act') =>
    button(
      name,
      text,
      () =>
        doing(alert, async () => {
          const told = await work();
          changed();
          if (told) news.textContent = told;
          else node.closest('dialog')?.close();
        }),
      { class: look },
    );
  const own = member.id === session.moderator.id;
  const who = member.name || member.email;
  const node = el(
    'div',
    { class: 'ask-more' },
    !member.disabled &&
      act('link', 'New sign-in link', async () => {
        const made = await call('POST', `${path}/link`);
        await tell(`A link for ${who}`, linkBox(made, member.email));
        return made.mailed ? 'The link was sent.' : 'The link was made.';
      }),
    act('sign-out', 'Sign out everywhere', async () => {
      await call('DELETE', `${path}/sessions`);
      return 'Every session has ended.';
    }),
    act('revoke', 'Sign out and revoke API tokens', async () => {
      await call('DELETE', `${path}/sessions?tokens=revoke`);
      return 'Every session has ended, and no API token works any more.';
    }),
    member.identities.length > 0 &&
      act('release', 'Release the account elsewhere', async () => {
        await call('DELETE', `${path}/identities`);
        return 'The next account with this e-mail address that signs in is bound.';
      }),
    !own && act('disable', member.disabled ? 'Enable again' : 'Disable', () => call('PATCH', path, { disabled: !member.disabled })),
    !own &&
      act(
        'remove',
        'Remove',
        async () => {
          if (!confirm(`Remove ${who}? Every way in goes; what they decided stays under their name.`)) return ' ';
          return call('DELETE', path);
        },
        'act reject',
      ),
    alert,
    news,
  );
  return node;
}

/** @param {{ items: { id: string, action: string, by: string | null, about: string | null, sites: string[], detail: Record<string, string>, created_at: string }[], next_cursor: string | null }} page */
function events(page) {
  const list = el('ol', { class: 'changes' });
  /** @param {typeof page} found */
  const add = (found) => {
    for (const event of found.items) {
      const detail = Object.entries(event.detail).filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`);
      list.append(
        el(
          'li',
          {},
          el('span', { class: 'quiet' }, time(event.created_at)),
          el('span', {}, el('b', {}, event.by ?? 'The command line'), ` · ${event.action}`, event.about && event.about !== event.by && ` · ${event.about}`, !event.about && ` · ${event.sites.join(', ')}`),
          detail.length > 0 && el('span', { class: 'quiet' }, detail.join('; ')),
        ),
      );
    }
    cursor = found.next_cursor;
    older.hidden = !cursor;
  };
  let cursor = page.next_cursor;
  const alert = alertBox();
  const older = button('older', 'Older', () => doing(alert, async () => add(await call('GET', `${EVENTS}?limit=50&cursor=${encodeURIComponent(cursor ?? '')}`))), { class: 'act' });
  add(page);
  return el('div', {}, page.items.length ? list : el('p', { class: 'quiet' }, 'Nothing was changed yet.'), alert, older);
}
