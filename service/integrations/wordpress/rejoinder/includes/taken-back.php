<?php
/**
 * Posts that are taken back, to the trash, to a draft, for good: their threads are closed, and their
 * alerts cancelled, as far as they haven't gone out.
 *
 * What is over there is the server's to say: the answer to what was sent may have been lost.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_action( 'before_delete_post', __NAMESPACE__ . '\\on_deleted' );

/**
 * Whether the server may have a post as one that everybody reads.
 *
 * @param int $id A post.
 */
function may_be_there( $id ) {
	$sent = sent_of( $id );
	return ( '' !== $sent['url'] && ! $sent['gone'] ) || '' !== (string) get_post_meta( $id, DUE, true );
}

/**
 * A post is deleted for good, and with it all that is known of it here: the server hears it now or
 * never. One that was in the trash is closed there already.
 *
 * @param int $id The post.
 */
function on_deleted( $id ) {
	// Somebody waits, perhaps for the deletion of hundreds.
	if ( ! may_publish() || ! may_be_there( $id ) || get_transient( PAUSED ) ) {
		return;
	}
	$answer = take_back( $id );
	if ( is_wp_error( $answer ) && is_away( $answer ) ) {
		set_transient( PAUSED, 1, PAUSE );
	}
}

/**
 * Tell the server of a post that isn't public any more. Its title and address stay those that were.
 *
 * @param int $id A post.
 * @return array|\WP_Error|null null where there is nothing to take back.
 */
function take_back( $id ) {
	$sent   = sent_of( $id );
	$report = call( 'GET', "articles/$id/report?days=1" );
	if ( is_wp_error( $report ) && ( 404 !== status_of( $report ) || '' === $sent['url'] ) ) {
		return 404 === status_of( $report ) ? null : $report;
	}
	$told   = is_wp_error( $report ) ? array() : $report['data'];
	$answer = cancel_alerts( $id, isset( $told['alerts'] ) ? (array) $told['alerts'] : array() );
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	$known  = '' === $sent['url'] && isset( $told['article'] ) ? (array) $told['article'] : $sent;
	$body   = array( 'open' => false ) + array_intersect_key( $known, array( 'url' => 1, 'title' => 1 ) );
	$answer = call( 'PUT', "articles/$id", array( 'body' => $body ) );
	if ( ! is_wp_error( $answer ) ) {
		note_sent( $id, $body, true );
	}
	return $answer;
}

/**
 * Cancel what waits. One that is being sent is beyond that.
 *
 * @param int   $id     A post.
 * @param array $alerts As the server tells them.
 * @return \WP_Error|null
 */
function cancel_alerts( $id, $alerts ) {
	foreach ( $alerts as $alert ) {
		if ( ! isset( $alert['id'], $alert['edition'], $alert['state'] ) || ! is_string( $alert['id'] ) || 'scheduled' !== $alert['state'] ) {
			continue;
		}
		$answer = call( 'DELETE', 'alerts/' . rawurlencode( $alert['id'] ) );
		if ( ! is_wp_error( $answer ) ) {
			note_alert( $id, (int) $alert['edition'], $answer['data'] );
		} elseif ( is_away( $answer ) ) {
			return $answer;
		}
	}
	return null;
}
