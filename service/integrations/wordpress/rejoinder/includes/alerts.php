<?php
/**
 * Alerts for readers when a post is published, now or by the schedule: one a post and edition.
 *
 * ALERT holds what the editor wants: wanted ('1', '0', or '' for the site's default), title,
 * edition. ALERTS holds what the server has made of it, by edition.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const ALERT  = '_rejoinder_alert';
const ALERTS = '_rejoinder_alerts';

const MOST_EARLIER = 10; // editions of a post whose place this one takes.
const ALERT_STATES = array( 'scheduled', 'sending', 'sent', 'cancelled' );

add_action( 'transition_post_status', __NAMESPACE__ . '\\on_published', 10, 3 );

/**
 * A post has just become public: if nobody has said, the site's default decides. Not for what an
 * importer brings, nor for what is dated days back: that is no news.
 *
 * @param string   $new  Its status.
 * @param string   $old  The one before.
 * @param \WP_Post $post The post.
 */
function on_published( $new, $old, $post ) {
	if ( 'publish' !== $new || 'publish' === $old || ! is_ours( $post ) ) {
		return;
	}
	$wish  = alert_wish( $post->ID );
	$known = '' !== sent_of( $post->ID )['url'];
	$old   = get_post_time( 'U', true, $post ) < time() - DAY_IN_SECONDS;
	if ( '' === $wish['wanted'] && ! $known && ! $old && ! defined( 'WP_IMPORTING' ) && setting( 'alert_default' ) ) {
		set_alert_wish( $post->ID, array( 'wanted' => '1' ) );
	}
}

/**
 * What the editor wants.
 *
 * @param int $id A post.
 * @return array
 */
function alert_wish( $id ) {
	$none = array(
		'wanted'  => '',
		'title'   => '',
		'edition' => 1,
	);
	return array_merge( $none, own_meta( $id, ALERT ) );
}

/**
 * Change what the editor wants; what isn't given stays.
 *
 * @param int   $id    A post.
 * @param array $given Any of its fields.
 */
function set_alert_wish( $id, $given ) {
	$wish = array_merge( alert_wish( $id ), array_intersect_key( $given, alert_wish( 0 ) ) );
	keep_meta( $id, ALERT, array(
		'wanted'  => in_array( $wish['wanted'], array( '0', '1' ), true ) ? $wish['wanted'] : '',
		'title'   => mb_substr( sanitize_text_field( (string) $wish['title'] ), 0, 500 ),
		'edition' => max( 1, min( 10000, (int) $wish['edition'] ) ),
	) );
}

/**
 * What the box shows as chosen: the site's default holds until the post is published.
 *
 * @param \WP_Post $post A post.
 */
function is_alert_wanted( $post ) {
	$wish = alert_wish( $post->ID );
	return '' === $wish['wanted'] ? 'publish' !== $post->post_status && setting( 'alert_default' ) : '1' === $wish['wanted'];
}

/**
 * The alerts of a post.
 *
 * @param int $id A post.
 * @return array[] by edition: id, state, title, at, counts.
 */
function alerts_of( $id ) {
	return own_meta( $id, ALERTS );
}

/**
 * Have the readers of a registered post alerted, if that is wanted and hasn't been done. A post that
 * takes the place of one that was taken back has its address, and so its article and alerts: what was
 * cancelled of those is no reason to keep quiet.
 *
 * @param int $id A post.
 * @return array|\WP_Error|null
 */
function send_alert( $id ) {
	$wish    = alert_wish( $id );
	$edition = $wish['edition'] - 1;
	if ( '1' !== $wish['wanted'] || isset( alerts_of( $id )[ $wish['edition'] ] ) ) {
		return null;
	}
	do {
		$answer = call( 'POST', 'alerts', array( 'body' => alert_body( $id, ++$edition, $wish['title'] ) ) );
	} while ( ! is_wp_error( $answer ) && is_cancelled_elsewhere( $id, $answer['data'] ) && $edition < $wish['edition'] + MOST_EARLIER );
	if ( ! is_wp_error( $answer ) ) {
		set_alert_wish( $id, array( 'edition' => $edition ) );
		note_alert( $id, $edition, $answer['data'] );
	}
	return $answer;
}

/**
 * The body of the request that alerts.
 *
 * @param int    $id      A post.
 * @param int    $edition Its edition.
 * @param string $title   Empty for the post's own.
 */
function alert_body( $id, $edition, $title ) {
	$body = array(
		'article' => (string) $id,
		'edition' => $edition,
	);
	return '' === $title ? $body : $body + array( 'title' => $title );
}

/**
 * Whether an alert is another post's, and never went out. One of this post that the desk has
 * cancelled stays so.
 *
 * @param int   $id   A post.
 * @param array $told The server's answer.
 */
function is_cancelled_elsewhere( $id, $told ) {
	return isset( $told['state'], $told['article'] ) && 'cancelled' === $told['state'] && (string) $id !== $told['article'];
}

/**
 * Remember an alert as the server tells it.
 *
 * @param int   $id      A post.
 * @param int   $edition Its edition.
 * @param array $told    The server's answer.
 */
function note_alert( $id, $edition, $told ) {
	$texts              = array_filter( $told, 'is_string' );
	$known              = isset( $texts['state'] ) && in_array( $texts['state'], ALERT_STATES, true );
	$alerts             = alerts_of( $id );
	$alerts[ $edition ] = array(
		'id'     => isset( $texts['id'] ) ? $texts['id'] : '',
		'state'  => $known ? $texts['state'] : 'scheduled',
		'title'  => isset( $texts['title'] ) ? $texts['title'] : '',
		'paused' => ! empty( $told['paused'] ),
		'at'     => isset( $texts['send_at'] ) ? (int) strtotime( $texts['send_at'] ) : time(),
		'counts' => isset( $told['counts'] ) ? array_filter( (array) $told['counts'], 'is_int' ) : array(),
	);
	keep_meta( $id, ALERTS, $alerts );
}

/**
 * The alerts of a post as they stand now, as far as the server answers within a second.
 *
 * @param int $id A post.
 * @return array[] as alerts_of()
 */
function newest_alerts( $id ) {
	foreach ( alerts_of( $id ) as $edition => $alert ) {
		$ended = in_array( $alert['state'], array( 'sent', 'cancelled' ), true );
		if ( ( $ended && $alert['at'] < time() - DAY_IN_SECONDS ) || '' === $alert['id'] ) {
			continue;
		}
		$answer = ask_for_page( 'alerts/' . $alert['id'], array( 'token' => setting( 'key' ) ) );
		if ( ! is_wp_error( $answer ) ) {
			note_alert( $id, $edition, $answer['data'] );
		}
	}
	return alerts_of( $id );
}

/**
 * One alert in a sentence.
 *
 * @param int   $edition Its edition.
 * @param array $alert   From alerts_of().
 */
function alert_text( $edition, $alert ) {
	$counts = array_merge( array( 'audience' => 0, 'accepted' => 0, 'clicked' => 0 ), $alert['counts'] );
	if ( 'sent' === $alert['state'] ) {
		/* translators: 1: edition, 2: browsers that got it */
		$text = _n( 'Edition %1$s: sent to %2$s browser.', 'Edition %1$s: sent to %2$s browsers.', $counts['accepted'], 'rejoinder' );
		/* translators: %s: a number */
		$opened = $counts['clicked'] ? ' ' . sprintf( _n( 'Opened %s time.', 'Opened %s times.', $counts['clicked'], 'rejoinder' ), number_format_i18n( $counts['clicked'] ) ) : '';
		return sprintf( $text, number_format_i18n( $edition ), number_format_i18n( $counts['accepted'] ) ) . $opened;
	}
	$texts = array(
		/* translators: %s: edition */
		'cancelled' => __( 'Edition %s: cancelled.', 'rejoinder' ),
		/* translators: %s: edition */
		'sending'   => __( 'Edition %s: being sent.', 'rejoinder' ),
		/* translators: %s: edition */
		'scheduled' => __( 'Edition %s: on its way.', 'rejoinder' ),
	);
	/* translators: %s: edition */
	$text = empty( $alert['paused'] ) ? $texts[ $alert['state'] ] : __( 'Edition %s: waits, because the site’s alerts are paused at the desk.', 'rejoinder' );
	return sprintf( $text, number_format_i18n( $edition ) );
}
