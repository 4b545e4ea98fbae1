<?php
/**
 * Telling the server of all posts that there are, batch by batch, in the order of their numbers: what
 * it is told of each when it is published, but that nobody is alerted. The first part of an import.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const REGISTER_MOST = 100; // posts of a batch; the server takes 200.

/**
 * Register the next batch.
 *
 * @param array $state From import_state().
 * @return array|\WP_Error The state after it.
 */
function register_next( $state ) {
	$ids = posts_after( $state['post'] );
	if ( ! $ids ) {
		return array( 'phase' => 'walk' ) + $state;
	}
	$answer = new \WP_Error( 'rejoinder_busy', __( 'Posts are being sent to the server already.', 'rejoinder' ), array( 'status' => 409 ) );
	// Not beside a save that is told: what was read before it might arrive after it.
	alone( 'deliver', DELIVER_WAIT, function () use ( $ids, &$answer ) {
		$answer = register_posts( $ids );
	} );
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	$state['post'] = max( $ids );
	return register_counted( $state, $answer );
}

/**
 * Which posts are registered, in SQL: those of the chosen types that everybody may read.
 */
function to_register() {
	$types = implode( "','", array_map( 'esc_sql', setting( 'types' ) ) );
	return "post_status = 'publish' and post_password = '' and post_type in ('$types')";
}

/**
 * The posts that follow a number.
 *
 * @param int $last A post's number.
 * @return int[]
 */
function posts_after( $last ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB (WordPress's own lists have no "after this one")
	return array_map( 'intval', $wpdb->get_col( $wpdb->prepare( "select ID from $wpdb->posts where ID > %d and " . to_register() . ' order by ID limit %d', $last, REGISTER_MOST ) ) );
}

/**
 * One batch to the server.
 *
 * @param int[] $ids Posts.
 * @return array[]|\WP_Error What became of each, as the server tells it.
 */
function register_posts( $ids ) {
	// In a handful of queries, not a dozen for each.
	_prime_post_caches( $ids, true, true );
	_prime_post_caches( array_filter( array_map( 'get_post_thumbnail_id', $ids ) ), false, true );
	$bodies = array();
	foreach ( array_filter( $ids, __NAMESPACE__ . '\\is_ours' ) as $id ) {
		$bodies[ $id ] = article_body( get_post( $id ) ) + array( 'key' => (string) $id );
	}
	$answer = call( 'POST', 'articles', array(
		'body'    => array( 'articles' => array_values( $bodies ) ),
		'seconds' => IMPORT_SECONDS,
	) );
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	$items = isset( $answer['data']['items'] ) ? (array) $answer['data']['items'] : array();
	$items = array_filter( $items, function ( $item ) use ( $bodies ) {
		return isset( $item['key'], $item['outcome'] ) && is_string( $item['key'] ) && isset( $bodies[ $item['key'] ] );
	} );
	foreach ( $items as $item ) {
		if ( 'refused' !== $item['outcome'] ) {
			note_sent( (int) $item['key'], $bodies[ $item['key'] ] );
		}
	}
	return $items;
}

/**
 * The state with what became of a batch.
 *
 * @param array   $state The state.
 * @param array[] $items The server's.
 */
function register_counted( $state, $items ) {
	foreach ( $items as $item ) {
		if ( 'refused' !== $item['outcome'] ) {
			++$state['posts'];
			continue;
		}
		++$state['refused'];
		if ( count( $state['faults'] ) < MOST_FAULTS ) {
			$state['faults'][] = array( (int) $item['key'], 'post', isset( $item['detail'] ) ? (string) $item['detail'] : '' );
		}
	}
	return $state;
}
