<?php
/**
 * WordPress's own table of comments in step with Rejoinder, where the site wants that: whoever
 * switches the plugin off then loses nothing. Each minute the server is asked what has become of
 * comments; what came over from here keeps its number. E-mail addresses stay with the server, but of
 * this site's own users. The rows: mirror-rows.php; the other way: mirror-back.php.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const MIRROR         = 'rejoinder_mirror'; // cursor, at, fault.
const MIRROR_ID      = '_rejoinder_id'; // of a comment here: its id there.
const MIRROR_COPY    = '_rejoinder_copy'; // of a comment here that is there as well, not by the import.
const MIRROR_PARENT  = '_rejoinder_parent'; // of a comment here: the id there of what it answers, which isn't here yet.
const MIRROR_PAGE    = 100;
const MIRROR_SECONDS = 20;

// By state there. Taken away there is WordPress's trash, from which it may come back.
const MIRRORED = array(
	'published' => '1',
	'held'      => '0',
	'spam'      => 'spam',
	'rejected'  => 'trash',
	'removed'   => 'trash',
);

add_filter( 'cron_schedules', __NAMESPACE__ . '\\each_minute' );
add_action( 'admin_init', __NAMESPACE__ . '\\watch_mirror' );
add_action( MIRROR, __NAMESPACE__ . '\\keep_in_step', 10, 0 );

/** Whether the site wants a copy. */
function is_mirrored() {
	return may_publish() && setting( 'mirror' );
}

/**
 * WordPress knows hours and days.
 *
 * @param array $schedules What it knows.
 */
function each_minute( $schedules ) {
	$schedules['rejoinder_minute'] = array(
		'interval' => MINUTE_IN_SECONDS,
		'display'  => __( 'Each minute', 'rejoinder' ),
	);
	return $schedules;
}

/** Have the schedule look each minute, or not. */
function watch_mirror() {
	$next = wp_next_scheduled( MIRROR );
	if ( is_mirrored() && ! $next ) {
		wp_schedule_event( time(), 'rejoinder_minute', MIRROR );
	} elseif ( $next && ! is_mirrored() ) {
		wp_clear_scheduled_hook( MIRROR );
	}
}

/**
 * Bring both sides in step, for as long as that may take; one process at a time.
 *
 * @param int $seconds So long.
 */
function keep_in_step( $seconds = MIRROR_SECONDS ) {
	if ( ! is_mirrored() ) {
		return;
	}
	alone( 'mirror', 0, function () use ( $seconds ) {
		$fault = send_back();
		$ends  = time() + $seconds;
		do {
			$more = mirror_next( $fault );
		} while ( true === $more && time() < $ends );
	} );
}

/**
 * Take the next page of changes.
 *
 * @param \WP_Error|null $fault What has gone wrong the other way.
 * @return bool whether there are more
 */
function mirror_next( $fault ) {
	$state  = mirror_state();
	$answer = call( 'GET', 'changes?limit=' . MIRROR_PAGE . ( '' === $state['cursor'] ? '' : '&after=' . rawurlencode( $state['cursor'] ) ) );
	$good   = ! is_wp_error( $answer ) && isset( $answer['data']['items'], $answer['data']['cursor'] ) && is_array( $answer['data']['items'] ) && is_string( $answer['data']['cursor'] );
	if ( $good ) {
		mirror_page( $answer['data']['items'] );
		$state['cursor'] = $answer['data']['cursor'];
		$state['at']     = time();
	} elseif ( ! is_wp_error( $answer ) ) {
		$answer = new \WP_Error( 'rejoinder_refused', __( 'Something answers there, but not as Rejoinder does.', 'rejoinder' ) );
	}
	$fault          = $good ? $fault : $answer;
	$state['fault'] = $fault ? $fault->get_error_message() : '';
	update_option( MIRROR, $state, false );
	return $good && ! empty( $answer['data']['more'] );
}

/** Where the copy stands. */
function mirror_state() {
	$none  = array(
		'cursor' => '',
		'at'     => 0,
		'fault'  => '',
	);
	$state = get_option( MIRROR );
	return is_array( $state ) ? array_merge( $none, $state ) : $none;
}

/**
 * Whether it is this copy that changes a comment just now, and not a person.
 *
 * @param bool|null $now Say so.
 */
function is_mirroring( $now = null ) {
	static $mirroring = false;
	if ( null !== $now ) {
		$mirroring = $now;
	}
	return $mirroring;
}

/**
 * Write a page of changes. Nobody is told: no mail goes out.
 *
 * @param array[] $items Comments as the server tells them, the oldest change first.
 */
function mirror_page( $items ) {
	$items = array_filter( $items, function ( $item ) {
		return is_comment( $item ) && isset( $item['article']['key'], MIRRORED[ $item['status'] ] ) && is_string( $item['article']['key'] );
	} );
	$known = known_comments( $items );
	is_mirroring( true );
	foreach ( $items as $item ) {
		$post = get_post( (int) $item['article']['key'] );
		if ( ! $post || (string) $post->ID !== $item['article']['key'] ) {
			continue; // of an article that is no post of this site.
		}
		if ( isset( $known[ $item['id'] ] ) ) {
			update_mirrored( $known[ $item['id'] ], $item );
		} elseif ( 'removed' !== $item['status'] ) {
			$known[ $item['id'] ] = insert_mirrored( $post, $item, $known );
		}
	}
	join_parents( $items, $known );
	is_mirroring( false );
}

/**
 * Which comments here are these, and those that they answer.
 *
 * @param array[] $items As in mirror_page().
 * @return int[] numbers here by ids there.
 */
function known_comments( $items ) {
	global $wpdb;
	$ids   = array();
	$posts = array( 0 );
	$known = array();
	foreach ( $items as $item ) {
		$ids[]   = $item['id'];
		$ids[]   = isset( $item['parent_id'] ) ? $item['parent_id'] : '';
		$posts[] = (int) $item['article']['key'];
	}
	$ids   = array_unique( array_filter( $ids, 'wp_is_uuid' ) );
	$posts = implode( ',', array_unique( $posts ) );
	if ( $ids ) {
		$list = "'" . implode( "','", $ids ) . "'";
		// By the posts' index: there is none on a meta value.
		// phpcs:ignore WordPress.DB (numbers and checked ids)
		foreach ( $wpdb->get_results( "select m.comment_id, m.meta_value from $wpdb->comments c join $wpdb->commentmeta m on m.comment_id = c.comment_ID where c.comment_post_ID in ($posts) and m.meta_key = '_rejoinder_id' and m.meta_value in ($list)" ) as $row ) {
			$known[ $row->meta_value ] = (int) $row->comment_id;
		}
	}
	foreach ( $items as $item ) {
		$here = ! isset( $known[ $item['id'] ] ) && isset( $item['imported']['source'] ) && 'wordpress' === $item['imported']['source'] ? get_comment( (int) $item['imported']['id'] ) : null;
		if ( $here && (string) $here->comment_post_ID === $item['article']['key'] ) {
			$known[ $item['id'] ] = (int) $here->comment_ID;
			update_comment_meta( $here->comment_ID, MIRROR_ID, $item['id'] );
		}
	}
	return $known;
}
