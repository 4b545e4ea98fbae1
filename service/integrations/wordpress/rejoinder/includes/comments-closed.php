<?php
/**
 * WordPress's own ways to comment, on posts whose comments are Rejoinder's: what came in by them
 * would be seen by nobody. Pingbacks and trackbacks are no comments.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_action( 'pre_comment_on_post', __NAMESPACE__ . '\\refuse_form' );
add_filter( 'comments_open', __NAMESPACE__ . '\\refuse_xmlrpc', 10, 2 );
add_filter( 'rest_pre_insert_comment', __NAMESPACE__ . '\\refuse_rest', 10, 2 );

/**
 * The form, which programs know by heart.
 *
 * @param int $id The post.
 */
function refuse_form( $id ) {
	if ( is_ours( $id ) ) {
		$text = __( 'Comments are written below the article itself.', 'rejoinder' );
		wp_die( esc_html( $text ), '', array( 'response' => 403, 'back_link' => true ) );
	}
}

/**
 * XML-RPC, by which users can write from apps; whoever moderates still may.
 *
 * @param bool $open Whether the post takes comments.
 * @param int  $id   The post.
 */
function refuse_xmlrpc( $open, $id ) {
	return $open && ! ( defined( 'XMLRPC_REQUEST' ) && ! current_user_can( 'moderate_comments' ) && is_ours( $id ) );
}

/**
 * The REST interface; whoever moderates may still write there.
 *
 * @param array|\WP_Error $comment What would be stored.
 * @return array|\WP_Error
 */
function refuse_rest( $comment ) {
	if ( is_wp_error( $comment ) || current_user_can( 'moderate_comments' ) || empty( $comment['comment_post_ID'] ) || ! is_ours( $comment['comment_post_ID'] ) ) {
		return $comment;
	}
	return new \WP_Error( 'rejoinder_elsewhere', __( 'Comments are written below the article itself.', 'rejoinder' ), array( 'status' => 403 ) );
}
