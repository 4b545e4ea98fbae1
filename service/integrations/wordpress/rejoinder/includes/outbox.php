<?php
/**
 * Telling the server of posts, after whoever saved them has their answer: what couldn't be sent
 * stays due, and WordPress's own schedule tries again. Saving a post never waits and never fails.
 *
 * A due post has the meta value DUE: when it is due, with digits that make it unlike every other.
 * It is taken away only if it is still the same, so that a change made meanwhile is sent as well.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const DUE     = '_rejoinder_due';
const FAULT   = '_rejoinder_fault'; // what the server said of this post.
const TROUBLE = 'rejoinder_trouble'; // of the server itself: since, at, failures, next, message.
const DELIVER = 'rejoinder_deliver';

const BATCH         = 500;
const BATCH_SECONDS = 20;
const DELIVER_WAIT  = 3; // seconds for another that delivers.
const FIRST_RETRY   = 60;
const LONGEST_RETRY = HOUR_IN_SECONDS;

add_action( 'wp_after_insert_post', __NAMESPACE__ . '\\on_saved', 20, 2 );
add_action( 'permalink_structure_changed', __NAMESPACE__ . '\\all_due', 10, 0 );
add_action( DELIVER, __NAMESPACE__ . '\\deliver_if_due' );
add_action( 'admin_init', __NAMESPACE__ . '\\watch_outbox' );
add_action( 'wp_ajax_' . DELIVER, __NAMESPACE__ . '\\deliver_if_due' );
add_action( 'wp_ajax_nopriv_' . DELIVER, __NAMESPACE__ . '\\deliver_if_due' );

/**
 * A post was saved, with its terms and fields: by an editor, by the schedule, by another plugin.
 *
 * @param int      $id   The post.
 * @param \WP_Post $post The same.
 */
function on_saved( $id, $post ) {
	if ( ! may_publish() || wp_is_post_revision( $id ) || wp_is_post_autosave( $id ) ) {
		return;
	}
	$ours = is_ours( $post );
	if ( $ours || may_be_there( $id ) ) {
		$ours ? make_due( $id ) : make_due_at_once( $id );
		// After what others have to say: what follows, no browser hears.
		if ( ! has_action( 'shutdown', __NAMESPACE__ . '\\deliver_after_answer' ) ) {
			add_action( 'shutdown', __NAMESPACE__ . '\\deliver_after_answer', 100 );
		}
	}
}

/**
 * Have a post sent.
 *
 * @param int $id    The post.
 * @param int $delay Seconds until then.
 */
function make_due( $id, $delay = 0 ) {
	update_post_meta( $id, DUE, time() + $delay . '.' . wp_rand( 100000, 999999 ) );
	wake_at( time() + $delay );
}

/**
 * Have a post sent before all others, even where the server was away a moment ago: it is taken back,
 * and its alert waits for a few seconds only.
 *
 * @param int $id The post.
 */
function make_due_at_once( $id ) {
	make_due( $id, -DAY_IN_SECONDS );
	$trouble = get_option( TROUBLE );
	if ( is_array( $trouble ) ) {
		update_option( TROUBLE, array( 'at' => 0 ) + $trouble, false );
	}
}

/** Every address has changed: have every post sent again that was sent, and all that wait. */
function all_due() {
	global $wpdb;
	if ( ! may_publish() ) {
		return;
	}
	// phpcs:disable WordPress.DB (tens of thousands of posts, none of them in a cache)
	$due = $wpdb->prepare( "concat(%d, '.', floor(100000 + rand() * 900000))", time() );
	$wpdb->query( $wpdb->prepare( "update $wpdb->postmeta set meta_value = $due where meta_key = %s", DUE ) );
	$wpdb->query( $wpdb->prepare(
		"insert into $wpdb->postmeta (post_id, meta_key, meta_value) select s.post_id, %s, $due from $wpdb->postmeta s left join $wpdb->postmeta d on d.post_id = s.post_id and d.meta_key = %s where s.meta_key = %s and d.meta_id is null and s.meta_value not like %s",
		DUE,
		DUE,
		SENT,
		'%' . $wpdb->esc_like( 's:4:"gone";b:1;' ) . '%' // whose address another one may have by now.
	) );
	// phpcs:enable
	wake_at( time() );
}

/**
 * Have the schedule run at this time, or sooner. WordPress itself would take an earlier event for a
 * copy of a later one.
 *
 * @param int $when Seconds since 1970.
 */
function wake_at( $when ) {
	$next = wp_next_scheduled( DELIVER );
	if ( ! $next || $when < $next ) {
		wp_clear_scheduled_hook( DELIVER );
		wp_schedule_single_event( $when, DELIVER );
	}
}

/** The list of events is one option, in which two requests at once can lose one: look each hour. */
function watch_outbox() {
	if ( ! wp_next_scheduled( DELIVER, array( 'hourly' ) ) ) {
		wp_schedule_event( time() + HOUR_IN_SECONDS, 'hourly', DELIVER, array( 'hourly' ) );
	}
}

/**
 * Once the answer is out, or where nobody waits for one; else in a request of its own. WordPress's
 * schedule does the same where that is lost: not at first, because it may be at another task.
 */
function deliver_after_answer() {
	if ( function_exists( 'fastcgi_finish_request' ) ) {
		fastcgi_finish_request();
		deliver_if_due();
	} elseif ( function_exists( 'litespeed_finish_request' ) ) {
		litespeed_finish_request();
		deliver_if_due();
	} elseif ( wp_doing_cron() || 'cli' === PHP_SAPI ) {
		deliver_if_due();
	} else {
		wp_remote_post( admin_url( 'admin-ajax.php' ), array(
			'timeout'   => 0.01,
			'blocking'  => false,
			'body'      => array( 'action' => DELIVER ),
			'sslverify' => apply_filters( 'https_local_ssl_verify', false ), // phpcs:ignore WordPress.NamingConventions (WordPress's own, as its schedule does)
		) );
	}
}

/**
 * Send what is due, for whoever asks: where the server was away, not before a minute has passed. Since
 * WordPress 6.9 the schedule begins as a save ends, so that two are at it with the same posts.
 */
function deliver_if_due() {
	deliver( function () {
		$trouble = get_option( TROUBLE );
		if ( ! isset( $trouble['at'] ) || $trouble['at'] + FIRST_RETRY <= time() ) {
			deliver_due();
		}
	} );
}

/**
 * Send what is due, and come back for the rest. Not two at once: what the first had read might arrive
 * last. An editor's save is often two requests. `$work` is how.
 */
function deliver( $work = __NAMESPACE__ . '\\deliver_due' ) {
	if ( may_publish() ) {
		alone( 'deliver', DELIVER_WAIT, $work );
	}
}

/**
 * Do something in one process at a time. The lock is released by itself where this one is killed; a
 * database that has no locks does without.
 *
 * @param string   $task    Of what there is to be one.
 * @param int      $seconds To wait for another.
 * @param callable $work    What to do.
 */
function alone( $task, $seconds, $work ) {
	global $wpdb;
	$lock = "rejoinder_{$task}_" . md5( DB_NAME . $wpdb->prefix );
	// phpcs:disable WordPress.DB.DirectDatabaseQuery (a lock)
	if ( '0' === $wpdb->get_var( $wpdb->prepare( 'select get_lock( %s, %d )', $lock, $seconds ) ) ) {
		return;
	}
	try {
		$work();
	} finally {
		$wpdb->query( $wpdb->prepare( 'do release_lock( %s )', $lock ) );
	}
	// phpcs:enable
}

/** The posts that are due, one after the other. */
function deliver_due() {
	$started = time();
	foreach ( due_posts( BATCH ) as $id ) {
		$fault = send_post( $id );
		if ( $fault && is_away( $fault ) ) {
			note_trouble( $fault );
			return;
		}
		if ( time() - $started > BATCH_SECONDS ) {
			break;
		}
	}
	delete_option( TROUBLE );
	$next = next_due();
	if ( $next ) {
		wake_at( max( $next, time() + 1 ) );
	}
}

/**
 * The server can't be reached: nothing is sent until it is tried again.
 *
 * @param \WP_Error $fault What happened.
 */
function note_trouble( $fault ) {
	$before  = get_option( TROUBLE, array() );
	$times   = isset( $before['failures'] ) ? $before['failures'] + 1 : 1;
	$wait    = min( LONGEST_RETRY, FIRST_RETRY * pow( 2, min( $times - 1, 10 ) ) );
	$trouble = array(
		'since'    => isset( $before['since'] ) ? $before['since'] : time(),
		'at'       => time(),
		'failures' => $times,
		'next'     => time() + $wait,
		'message'  => $fault->get_error_message(),
	);
	update_option( TROUBLE, $trouble, false );
	wp_clear_scheduled_hook( DELIVER );
	wp_schedule_single_event( $trouble['next'], DELIVER );
}

/**
 * Posts that are due, the longest first.
 *
 * @param int $most So many.
 * @return int[]
 */
function due_posts( $most ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery (must be what is stored now)
	return array_map( 'intval', $wpdb->get_col( $wpdb->prepare(
		"select post_id from $wpdb->postmeta where meta_key = %s and cast(meta_value as decimal(20, 6)) < %d order by cast(meta_value as decimal(20, 6)) limit %d",
		DUE,
		time() + 1,
		$most
	) ) );
}

/** When the next post is due; 0 where none is. */
function next_due() {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery (as above)
	return (int) $wpdb->get_var( $wpdb->prepare( "select min(cast(meta_value as decimal(20, 6))) from $wpdb->postmeta where meta_key = %s", DUE ) );
}

/**
 * Tell the server of one post, and have its readers alerted.
 *
 * @param int $id A post that is due.
 * @return \WP_Error|null What went wrong.
 */
function send_post( $id ) {
	wp_cache_delete( $id, 'post_meta' ); // of another process, perhaps.
	$due    = get_post_meta( $id, DUE, true );
	$post   = get_post( $id );
	$answer = $post && is_ours( $post ) ? send_public( $post ) : take_back( $id );
	if ( is_wp_error( $answer ) ) {
		return is_away( $answer ) ? $answer : note_fault( $id, $answer );
	}
	delete_post_meta( $id, DUE, $due );
	delete_post_meta( $id, FAULT );
	return null;
}

/**
 * The server refuses this post: the others go on, this one is tried again in an hour.
 *
 * @param int       $id    The post.
 * @param \WP_Error $fault What the server says.
 */
function note_fault( $id, $fault ) {
	update_post_meta( $id, FAULT, wp_slash( $fault->get_error_message() ) );
	make_due( $id, LONGEST_RETRY );
	return $fault;
}
