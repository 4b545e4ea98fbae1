<?php
/**
 * Bringing WordPress's own comments over, once the server knows the posts: batch by batch, in the order of their numbers, under these
 * numbers. Nothing here is changed. The state is one option, so that it goes on where it ended; the
 * server knows what it has, so that a batch that is sent twice is stored once.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const IMPORT         = 'rejoinder_import';
const IMPORT_MOST    = 200; // comments of a batch,
const IMPORT_BYTES   = 1000000; // or so many of text; the server takes four times that.
const IMPORT_SECONDS = 30;
const MOST_FAULTS    = 100; // that are listed.

const STATUSES = array(
	'1'            => 'published',
	'approve'      => 'published',
	'0'            => 'held',
	'hold'         => 'held',
	'spam'         => 'spam',
	'trash'        => 'rejected',
	'post-trashed' => 'rejected',
);

/**
 * How far it has come. `phase`: '' (never begun), posts (register.php), walk, rest (replies whose
 * parents came later, or never), done. `post`, `last`: the numbers that were sent last, of a post and
 * a comment. `faults`: of what was refused, the first.
 *
 * @return array
 */
function import_state() {
	$none  = array(
		'phase'       => '',
		'post'        => 0,
		'posts'       => 0,
		'posts_total' => 0,
		'last'        => 0,
		'total'       => 0,
		'sent'        => 0,
		'stored'      => 0,
		'already'     => 0,
		'refused'     => 0,
		'waiting'     => array(),
		'faults'      => array(),
	);
	$state = get_option( IMPORT );
	return is_array( $state ) ? array_merge( $none, $state ) : $none;
}

/** Begin anew: what is over there stays, and is skipped. */
function begin_import() {
	global $wpdb;
	delete_option( IMPORT );
	$state          = import_state();
	$state['phase'] = 'posts';
	// phpcs:disable WordPress.DB (the two numbers that are needed)
	$state['posts_total'] = (int) $wpdb->get_var( "select count(*) from $wpdb->posts where " . to_register() );
	$state['total']       = (int) $wpdb->get_var( "select count(*) from $wpdb->comments c where " . to_bring() );
	// phpcs:enable
	update_option( IMPORT, $state, false );
	return $state;
}

/**
 * Send the next batch.
 *
 * @return array|\WP_Error The state after it.
 */
function import_next() {
	$state = import_state();
	if ( 'posts' === $state['phase'] ) {
		$state = register_next( $state );
	} elseif ( 'walk' === $state['phase'] || 'rest' === $state['phase'] ) {
		$state = bring_next( $state );
	}
	if ( ! is_wp_error( $state ) ) {
		update_option( IMPORT, $state, false );
	}
	return $state;
}

/**
 * Bring the next comments over.
 *
 * @param array $state From import_state().
 * @return array|\WP_Error The state after it.
 */
function bring_next( $state ) {
	$rest     = 'rest' === $state['phase'];
	$comments = as_many_as_fit( $rest ? comments_of( array_slice( $state['waiting'], 0, IMPORT_MOST ) ) : comments_after( $state['last'] ) );
	if ( $comments ) {
		$answer = send_comments( $comments, $rest );
		if ( is_wp_error( $answer ) ) {
			return $answer;
		}
		$state = import_counted( $state, $answer['data'] );
	}
	$ids = array_map( 'intval', wp_list_pluck( $comments, 'comment_ID' ) );
	if ( $rest ) {
		// Those that are gone by now as well.
		$state['waiting'] = $ids ? array_values( array_diff( $state['waiting'], $ids ) ) : array_slice( $state['waiting'], IMPORT_MOST );
	} elseif ( $ids ) {
		$state['last'] = max( $ids );
	} else {
		$state['phase'] = 'rest';
	}
	if ( 'rest' === $state['phase'] && ! $state['waiting'] ) {
		$state['phase'] = 'done';
	}
	return $state;
}

/** Which rows `c` are brought over, in SQL: people's, but for copies of what is over there. */
function to_bring() {
	global $wpdb;
	return "c.comment_type in ('', 'comment') and not exists (select 1 from $wpdb->commentmeta m where m.comment_id = c.comment_ID and m.meta_key = '" . MIRROR_COPY . "')";
}

/**
 * The comments that follow a number.
 *
 * @param int $last A comment's number.
 * @return object[] rows
 */
function comments_after( $last ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB (WordPress's own lists have no "after this one")
	return $wpdb->get_results( $wpdb->prepare(
		"select * from $wpdb->comments c where comment_ID > %d and " . to_bring() . ' order by comment_ID limit %d',
		$last,
		IMPORT_MOST
	) );
}

/**
 * Comments by number, in its order.
 *
 * @param int[] $ids Numbers.
 * @return object[] rows
 */
function comments_of( $ids ) {
	global $wpdb;
	$list = implode( ',', array_map( 'intval', $ids ) );
	// phpcs:ignore WordPress.DB (numbers only)
	return '' === $list ? array() : $wpdb->get_results( "select * from $wpdb->comments where comment_ID in ($list) order by comment_ID" );
}

/**
 * The first of these comments, as many as a batch can hold; one at least.
 *
 * @param object[] $comments Rows.
 */
function as_many_as_fit( $comments ) {
	$bytes = 0;
	foreach ( $comments as $n => $comment ) {
		$bytes += strlen( $comment->comment_content ) + 500;
		if ( $n > 0 && $bytes > IMPORT_BYTES ) {
			return array_slice( $comments, 0, $n );
		}
	}
	return $comments;
}

/**
 * One batch to the server.
 *
 * @param object[] $comments Rows.
 * @param bool     $rest     Whether replies to what isn't there become roots.
 * @return array|\WP_Error
 */
function send_comments( $comments, $rest ) {
	$articles = array();
	foreach ( array_unique( wp_list_pluck( $comments, 'comment_post_ID' ) ) as $id ) {
		$post = get_post( (int) $id );
		if ( $post ) {
			$articles[] = article_of_post( $post );
		}
	}
	$body = array(
		'articles' => $articles,
		'comments' => array_map( __NAMESPACE__ . '\\comment_body', $comments ),
		'orphans'  => $rest ? 'root' : 'wait',
	);
	return call( 'POST', 'imports/wordpress', array(
		'body'    => $body,
		'seconds' => IMPORT_SECONDS,
	) );
}

/**
 * A post as an import tells it.
 *
 * @param \WP_Post $post A post.
 */
function article_of_post( $post ) {
	$article = array(
		'id'    => (string) $post->ID,
		'key'   => (string) $post->ID,
		'url'   => (string) get_permalink( $post ),
		'title' => plain( get_the_title( $post ), 500 ),
	);
	$date    = get_post_time( 'U', true, $post );
	if ( $date > 0 ) {
		$article['published_at'] = gmdate( 'Y-m-d\TH:i:s\Z', $date );
	}
	return $article;
}

/**
 * Whether everybody may read a post. Some plugins keep what is private as published posts of a type
 * that has no pages.
 *
 * @param \WP_Post|null $post A post.
 */
function is_public( $post ) {
	return $post && '' === $post->post_password && is_post_publicly_viewable( $post );
}

/**
 * A comment as an import tells it. Approved ones of posts that aren't public are held: everybody may
 * read a thread over there.
 *
 * @param object $comment A row.
 */
function comment_body( $comment ) {
	$status = isset( STATUSES[ $comment->comment_approved ] ) ? STATUSES[ $comment->comment_approved ] : 'held';
	$post   = get_post( (int) $comment->comment_post_ID );
	$body   = array(
		'id'         => (string) $comment->comment_ID,
		'article'    => (string) $comment->comment_post_ID,
		'name'       => html_entity_decode( $comment->comment_author, ENT_QUOTES, 'UTF-8' ),
		'email'      => $comment->comment_author_email,
		'website'    => $comment->comment_author_url,
		'body'       => $comment->comment_content,
		'markup'     => 'paragraphs',
		'status'     => 'published' === $status && ! is_public( $post ) ? 'held' : $status,
		'created_at' => $comment->comment_date_gmt,
	);
	if ( (int) $comment->comment_parent > 0 ) {
		$body['parent'] = (string) $comment->comment_parent;
	}
	if ( (int) $comment->user_id > 0 ) {
		$body['account'] = (string) $comment->user_id;
	}
	return $body;
}

/**
 * The state with what became of a batch.
 *
 * @param array $state  The state.
 * @param array $answer The server's.
 */
function import_counted( $state, $answer ) {
	$items = isset( $answer['items'] ) && is_array( $answer['items'] ) ? $answer['items'] : array();
	foreach ( $items as $item ) {
		$outcome = isset( $item['outcome'] ) ? $item['outcome'] : 'refused';
		if ( 'waiting' === $outcome ) {
			$state['waiting'][] = (int) $item['id'];
			continue;
		}
		++$state['sent'];
		$state[ in_array( $outcome, array( 'stored', 'already' ), true ) ? $outcome : 'refused' ] += 1;
		if ( 'refused' === $outcome && count( $state['faults'] ) < MOST_FAULTS ) {
			$state['faults'][] = array( (int) $item['id'], isset( $item['reason'] ) ? (string) $item['reason'] : '', isset( $item['detail'] ) ? (string) $item['detail'] : '' );
		}
	}
	return $state;
}
