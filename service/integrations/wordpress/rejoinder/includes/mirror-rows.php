<?php
/**
 * The rows of the copy: see mirror.php.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

/**
 * A comment that was written there.
 *
 * @param \WP_Post $post  Its post.
 * @param array    $item  The comment.
 * @param int[]    $known Numbers here by ids there.
 * @return int its number
 */
function insert_mirrored( $post, $item, $known ) {
	$time = (int) strtotime( $item['created_at'] );
	// Without a secret these are another system's numbers.
	$user = '' !== setting( 'secret' ) && isset( $item['author']['subject'] ) && preg_match( '/^[0-9]+$/D', (string) $item['author']['subject'] ) ? get_userdata( (int) $item['author']['subject'] ) : false;
	$id   = wp_insert_comment( wp_slash( array(
		'comment_post_ID'      => $post->ID,
		'comment_author'       => storable( 'comment_author', esc_html( $item['author']['name'] ) ),
		'comment_author_email' => $user ? $user->user_email : '',
		'user_id'              => $user ? $user->ID : 0,
		'comment_content'      => mirrored_text( $item ),
		'comment_parent'       => isset( $item['parent_id'], $known[ $item['parent_id'] ] ) ? $known[ $item['parent_id'] ] : 0,
		'comment_date_gmt'     => gmdate( 'Y-m-d H:i:s', $time ),
		'comment_date'         => wp_date( 'Y-m-d H:i:s', $time ),
		'comment_approved'     => MIRRORED[ $item['status'] ],
		'comment_agent'        => 'Rejoinder',
	) ) );
	note_copy( (int) $id, $item['id'] );
	if ( isset( $item['parent_id'] ) && ! isset( $known[ $item['parent_id'] ] ) ) {
		add_comment_meta( (int) $id, MIRROR_PARENT, $item['parent_id'], true );
	}
	return (int) $id;
}

/**
 * Hang what came before its parent below it: of what is imported there, dates say the order.
 *
 * @param array[] $items Comments that have come.
 * @param int[]   $known Numbers here by ids there.
 */
function join_parents( $items, $known ) {
	global $wpdb;
	$ids   = array_filter( array_column( $items, 'id' ), 'wp_is_uuid' );
	$posts = implode( ',', array_unique( array_map( function ( $item ) {
		return (int) $item['article']['key'];
	}, $items ) ) );
	if ( ! $ids ) {
		return;
	}
	$list = "'" . implode( "','", $ids ) . "'";
	// phpcs:ignore WordPress.DB (numbers and checked ids)
	foreach ( $wpdb->get_results( "select m.comment_id, m.meta_value from $wpdb->comments c join $wpdb->commentmeta m on m.comment_id = c.comment_ID where c.comment_post_ID in ($posts) and m.meta_key = '_rejoinder_parent' and m.meta_value in ($list)" ) as $row ) {
		if ( isset( $known[ $row->meta_value ] ) ) {
			$wpdb->update( $wpdb->comments, array( 'comment_parent' => $known[ $row->meta_value ] ), array( 'comment_ID' => $row->comment_id ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery
			clean_comment_cache( $row->comment_id );
			delete_comment_meta( $row->comment_id, MIRROR_PARENT );
		}
	}
}

/**
 * Remember that a comment here is one there: the import leaves it out.
 *
 * @param int    $id    Its number here.
 * @param string $there Its id there.
 */
function note_copy( $id, $there ) {
	add_comment_meta( $id, MIRROR_ID, $there, true );
	add_comment_meta( $id, MIRROR_COPY, '1', true );
}

/**
 * A comment that is here already.
 *
 * @param int   $id   Its number here.
 * @param array $item The comment.
 */
function update_mirrored( $id, $item ) {
	global $wpdb;
	$comment = get_comment( $id );
	if ( ! $comment || is_held_for_its_post( $comment, $item ) ) {
		return;
	}
	$changed = changed_columns( $comment, $item );
	if ( 'post-trashed' === $comment->comment_approved ) {
		keep_for_return( $comment, $changed['comment_approved'] );
		unset( $changed['comment_approved'] );
	}
	$changed = array_diff_assoc( $changed, $comment->to_array() );
	if ( $changed ) {
		// Not wp_update_comment(): it cuts out of the whole text whatever the schedule's user mayn't write.
		$wpdb->update( $wpdb->comments, $changed, array( 'comment_ID' => $id ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery
		clean_comment_cache( $id );
		wp_update_comment_count( $comment->comment_post_ID );
		$now = get_comment( $id );
		wp_transition_comment_status( $now->comment_approved, $comment->comment_approved, $now );
	}
}

/**
 * Whether a comment of here is held over there only because not everybody may read its post, which
 * the import does. Here it never was.
 *
 * @param \WP_Comment $comment The comment here.
 * @param array       $item    The same there.
 */
function is_held_for_its_post( $comment, $item ) {
	return 'held' === $item['status'] && 'Rejoinder' !== $comment->comment_agent && ! is_public( get_post( $comment->comment_post_ID ) );
}

/**
 * The columns of a comment as they should be. What was written here keeps its own spelling, until
 * its author takes it away, and everything that says who that was.
 *
 * @param \WP_Comment $comment The comment here.
 * @param array       $item    The same there.
 * @return string[]
 */
function changed_columns( $comment, $item ) {
	$changed = array( 'comment_approved' => MIRRORED[ $item['status'] ] );
	if ( 'removed' === $item['status'] ) {
		$changed += array_fill_keys( array( 'comment_author', 'comment_author_email', 'comment_author_url', 'comment_author_IP' ), '' );
	}
	if ( 'removed' === $item['status'] || 'Rejoinder' === $comment->comment_agent ) {
		$changed['comment_content'] = mirrored_text( $item );
	}
	return $changed;
}

/**
 * A comment whose post is in the trash comes back with it: as what it is by then.
 *
 * @param \WP_Comment $comment The comment here.
 * @param string      $state   Its state.
 */
function keep_for_return( $comment, $state ) {
	$name   = '_wp_trash_meta_comments_status'; // WordPress's own
	$states = get_post_meta( $comment->comment_post_ID, $name, true );
	if ( 'Rejoinder' === $comment->comment_agent && is_array( $states ) ) {
		update_post_meta( $comment->comment_post_ID, $name, array( (int) $comment->comment_ID => $state ) + $states );
	}
}

/**
 * The text as WordPress stores one: blank lines for paragraphs, and of tags those that it lets its
 * own commenters use. Of a comment that its author has removed, none.
 *
 * @param array $item The comment.
 */
function mirrored_text( $item ) {
	$html = 'removed' === $item['status'] ? '' : wp_kses( (string) $item['html'], COMMENT_HTML, array( 'http', 'https' ) );
	$html = preg_replace( array( '#\s*</(?:p|pre|ul|ol)>\s*#', '#<br\s*/?>\n?#', '#<li>\s*#', '#\s*</li>\s*#' ), array( "\n\n", "\n", '- ', "\n" ), $html );
	$text = trim( preg_replace( '/\n{3,}/', "\n\n", wp_kses( (string) $html, 'pre_comment_content' ) ) );
	return storable( 'comment_content', '' === $text ? '<em>' . esc_html( word( 'removed' ) ) . '</em>' : $text );
}

/**
 * A text as a column of the comments can hold it. Old tables know no emoji, and WordPress refuses
 * the whole row.
 *
 * @param string $column Its name.
 * @param string $text   The text.
 */
function storable( $column, $text ) {
	global $wpdb;
	$narrow = in_array( $wpdb->get_col_charset( $wpdb->comments, $column ), array( 'utf8', 'utf8mb3' ), true );
	$fits   = $wpdb->strip_invalid_text_for_column( $wpdb->comments, $column, $narrow ? wp_encode_emoji( $text ) : $text );
	return is_wp_error( $fits ) ? $text : $fits;
}
