<?php
/**
 * How many comments a post has, wherever a theme asks: all of a page in one request, a minute old
 * at most while the server answers.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const COUNTS       = 'rejoinder_counts';
const COUNTS_FRESH = 60;
const MOST_COUNTS  = 500; // kept, and asked for at once.

add_filter( 'get_comments_number', __NAMESPACE__ . '\\comments_number', 20, 2 );

/**
 * The number of comments of a post; WordPress's own where nothing is known.
 *
 * @param int|string $number  WordPress's own.
 * @param int        $post_id The post.
 */
function comments_number( $number, $post_id ) {
	if ( is_admin() || ! is_ours( $post_id ) ) {
		return $number;
	}
	$counts = counts_with( (int) $post_id );
	return isset( $counts[ $post_id ] ) ? $counts[ $post_id ]['count'] : $number;
}

/**
 * What is known, this post's count among it if it can be had.
 *
 * @param int $post_id A post.
 * @return array `count` and `at` by post.
 */
function counts_with( $post_id ) {
	static $counts = null, $asked = array();
	if ( null === $counts ) {
		$kept   = get_transient( COUNTS );
		$counts = is_array( $kept ) ? $kept : array();
	}
	$old   = time() - COUNTS_FRESH;
	$fresh = isset( $counts[ $post_id ] ) && $counts[ $post_id ]['at'] > $old;
	if ( $fresh || isset( $asked[ $post_id ] ) ) {
		return $counts;
	}
	$wanted = array_filter(
		posts_of_page( $post_id ),
		function ( $id ) use ( $counts, $old, $asked ) {
			return ! isset( $asked[ $id ] ) && ( ! isset( $counts[ $id ] ) || $counts[ $id ]['at'] <= $old );
		}
	);
	$asked += array_fill_keys( $wanted, true );
	$answer = ask_for_page( 'counts?articles=' . implode( ',', $wanted ) );
	if ( ! is_wp_error( $answer ) && isset( $answer['data']['counts'] ) && is_array( $answer['data']['counts'] ) ) {
		$counts = newer_counts( $counts, $wanted, $answer['data']['counts'] );
		set_transient( COUNTS, $counts, DAY_IN_SECONDS );
	}
	return $counts;
}

/**
 * The posts that this page lists, with this one.
 *
 * @param int $post_id A post.
 * @return int[]
 */
function posts_of_page( $post_id ) {
	global $wp_query;
	$posts = isset( $wp_query->posts ) && is_array( $wp_query->posts ) ? $wp_query->posts : array();
	$ids   = wp_list_pluck( array_filter( $posts, __NAMESPACE__ . '\\is_ours' ), 'ID' );
	return array_slice( array_unique( array_merge( array( $post_id ), array_map( 'intval', $ids ) ) ), 0, 100 );
}

/**
 * The counts with those that were just asked for: a post that the server doesn't know has none.
 *
 * @param array $counts What was known.
 * @param int[] $wanted What was asked for.
 * @param array $told   What was answered.
 */
function newer_counts( $counts, $wanted, $told ) {
	foreach ( $wanted as $id ) {
		unset( $counts[ $id ] );
		$counts[ $id ] = array(
			'count' => isset( $told[ $id ] ) && is_int( $told[ $id ] ) ? $told[ $id ] : 0,
			'at'    => time(),
		);
	}
	// The newest stand at the end.
	return array_slice( $counts, -MOST_COUNTS, null, true );
}
