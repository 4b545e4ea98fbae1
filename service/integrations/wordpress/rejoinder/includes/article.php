<?php
/**
 * What the server is told of a post.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const SENT       = '_rejoinder_sent'; // what the server was told last: url, title, open, urls; gone: taken back; to: which server.
const MOST_URLS  = 40;
const TAKEN_OUT  = '/[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]/';

// Where a caption begins to say whose picture it is, in the languages of the elements.
const CREDIT = '/(?:©|\(c\)|(?<![\p{L}\p{N}])(?:(?:photo(?:graph|graphy)?|foto(?:graf[ií]a|grafie)?|bild|cr[eé]dito?s?(?:\s+photo)?|фото|صورة|تصوير)\s*:|photo(?:graph)?\s+by\s|fot\.\s?))\s*\S.*$/iu';

/**
 * The body of the request that registers a post.
 *
 * @param \WP_Post $post A post that is_ours().
 * @return array
 */
function article_body( $post ) {
	$sent  = sent_of( $post->ID );
	$url   = (string) get_permalink( $post );
	$image = get_the_post_thumbnail_url( $post, 'large' );
	$body  = array(
		'url'          => $url,
		'title'        => plain( get_the_title( $post ), 500 ),
		'summary'      => summary_of( $post ),
		'image'        => $image ? esc_url_raw( $image ) : null,
		'image_credit' => $image ? credit_of( $post ) : null,
		'section'      => section_of( $post ),
		'tags'         => tags_of( $post ),
		'published_at' => gmdate( 'Y-m-d\TH:i:s\Z', (int) get_post_time( 'U', true, $post ) ),
		'aliases'      => array_values( array_diff( array_merge( $sent['urls'], array( home_url( "/?p=$post->ID" ) ) ), array( $url ) ) ),
	);
	if ( '' === $body['title'] ) {
		$body['title'] = $url;
	}
	// Only a change of WordPress's own switch: else an update would undo what the desk decided.
	$open = 'open' === $post->comment_status;
	if ( $open !== $sent['open'] ) {
		$body['open'] = $open;
	}
	return $body;
}

/**
 * Tell the server of a post that everybody may read.
 *
 * @param \WP_Post $post A post that is_ours().
 * @return array|\WP_Error|null
 */
function send_public( $post ) {
	$body   = article_body( $post );
	$new    = '' === sent_of( $post->ID )['url'];
	$answer = call( 'PUT', "articles/$post->ID", array( 'body' => $body ) );
	if ( ! is_wp_error( $answer ) && $new && is_closed_of_another( $post, $answer['data'] ) ) {
		$answer = call( 'PUT', "articles/$post->ID", array( 'body' => array( 'open' => true ) + $body ) );
	}
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	note_sent( $post->ID, $body );
	return send_alert( $post->ID );
}

/**
 * Whether a post that is told for the first time got the thread of one that was taken back, whose
 * address it has now.
 *
 * @param \WP_Post $post The post.
 * @param array    $told The server's answer.
 */
function is_closed_of_another( $post, $told ) {
	$article = isset( $told['article'] ) && is_array( $told['article'] ) ? $told['article'] : array();
	return 'open' === $post->comment_status && isset( $article['key'], $article['open'] ) && false === $article['open'] && (string) $post->ID !== $article['key'];
}

/**
 * What the server was told of a post. `urls` are all that it has had, the newest last.
 *
 * @param int $id A post.
 * @return array
 */
function sent_of( $id ) {
	$none = array(
		'url'   => '',
		'title' => '',
		'open'  => true,
		'urls'  => array(),
		'gone'  => false,
	);
	$sent = array_merge( $none, own_meta( $id, SENT ) );
	// Another server has heard of no switch.
	return isset( $sent['to'] ) && sent_to() !== $sent['to'] ? array( 'open' => true ) + $sent : $sent;
}

/** Whom posts are sent to. */
function sent_to() {
	return setting( 'server' ) . ' ' . setting( 'site' );
}

/**
 * What is kept of a post, but for what names another one: plugins that duplicate posts, and exports,
 * take all of it along.
 *
 * @param int    $id   A post.
 * @param string $name SENT, ALERT or ALERTS.
 * @return array
 */
function own_meta( $id, $name ) {
	$kept = get_post_meta( $id, $name, true );
	return is_array( $kept ) && ( ! isset( $kept['post'] ) || (int) $id === $kept['post'] ) ? array_diff_key( $kept, array( 'post' => true ) ) : array();
}

/**
 * Keep something of a post.
 *
 * @param int    $id   A post.
 * @param string $name As in own_meta().
 * @param array  $kept What.
 */
function keep_meta( $id, $name, $kept ) {
	update_post_meta( $id, $name, wp_slash( array( 'post' => (int) $id ) + $kept ) );
}

/**
 * Remember what the server was told.
 *
 * @param int   $id   A post.
 * @param array $body The request's.
 * @param bool  $gone Whether the post was taken back.
 */
function note_sent( $id, $body, $gone = false ) {
	$sent = sent_of( $id );
	$urls = array_merge( array_diff( $sent['urls'], array( $body['url'] ) ), array( $body['url'] ) );
	$sent = array(
		'url'   => $body['url'],
		'title' => $body['title'],
		'open'  => isset( $body['open'] ) ? $body['open'] : $sent['open'],
		'urls'  => array_slice( $urls, -MOST_URLS ),
		'gone'  => $gone,
		'to'    => sent_to(),
	);
	keep_meta( $id, SENT, $sent );
}

/**
 * A text as people read it, on one line.
 *
 * @param string $html    A text of WordPress's.
 * @param int    $longest In characters.
 */
function plain( $html, $longest ) {
	$text = html_entity_decode( wp_strip_all_tags( (string) $html, true ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	$text = preg_replace( TAKEN_OUT, '', wp_check_invalid_utf8( $text, true ) );
	return trim( mb_substr( trim( $text ), 0, $longest ) );
}

/**
 * The excerpt that the editor wrote, else the article's beginning. Not get_the_excerpt(), to which
 * themes add their "Continue reading".
 *
 * @param \WP_Post $post A post.
 */
function summary_of( $post ) {
	if ( '' !== trim( $post->post_excerpt ) ) {
		return plain( $post->post_excerpt, 2000 );
	}
	$text = excerpt_remove_blocks( strip_shortcodes( $post->post_content ) );
	return plain( wp_trim_words( $text, 40, '…' ), 2000 );
}

/**
 * Whom to name for the post's picture: its own data (IPTC or EXIF), else what its caption says from
 * the mark of a credit on. A caption without one tells what is seen.
 *
 * @param \WP_Post $post A post with a picture.
 * @return string|null
 */
function credit_of( $post ) {
	$picture = (int) get_post_thumbnail_id( $post );
	$data    = wp_get_attachment_metadata( $picture );
	$credit  = is_array( $data ) && isset( $data['image_meta']['credit'] ) ? plain( $data['image_meta']['credit'], 200 ) : '';
	if ( '' === $credit && preg_match( CREDIT, plain( wp_get_attachment_caption( $picture ), 5000 ), $found ) ) {
		// "(Photo: Jane Doe)" without its brackets.
		$credit = substr_count( $found[0], ')' ) > substr_count( $found[0], '(' ) ? preg_replace( '/\)[.\s]*$/', '', $found[0] ) : $found[0];
	}
	/**
	 * Themes and plugins with a field of their own for it.
	 *
	 * @param string   $credit  As found; '' for none.
	 * @param int      $picture The attachment.
	 * @param \WP_Post $post    The post.
	 */
	$credit = plain( apply_filters( 'rejoinder_image_credit', $credit, $picture, $post ), 200 );
	return '' !== $credit ? $credit : null;
}

/**
 * The post's main category: the one that an SEO plugin calls so, else the first that isn't the
 * category of whatever has none.
 *
 * @param \WP_Post $post A post.
 * @return string|null
 */
function section_of( $post ) {
	$terms = get_the_terms( $post, 'category' );
	$terms = is_array( $terms ) ? $terms : array();
	$main  = (int) get_post_meta( $post->ID, '_yoast_wpseo_primary_category', true );
	$first = null;
	foreach ( $terms as $term ) {
		if ( $term->term_id === $main ) {
			return plain( $term->name, 100 );
		}
		if ( null === $first && (int) get_option( 'default_category' ) !== $term->term_id ) {
			$first = plain( $term->name, 100 );
		}
	}
	return '' !== (string) $first ? $first : null;
}

/**
 * The post's tags.
 *
 * @param \WP_Post $post A post.
 * @return string[]
 */
function tags_of( $post ) {
	$terms = get_the_terms( $post, 'post_tag' );
	$names = array();
	foreach ( is_array( $terms ) ? $terms : array() as $term ) {
		$names[] = plain( $term->name, 100 );
	}
	return array_slice( array_values( array_unique( array_filter( $names, 'strlen' ) ) ), 0, 50 );
}
