<?php
/**
 * The box in the editor. The block editor gets a panel of its own, whose fields are saved with the
 * post: what a classic box holds is sent there in a second request, after the post is published.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_action( 'add_meta_boxes', __NAMESPACE__ . '\\add_box', 10, 2 );
add_action( 'save_post', __NAMESPACE__ . '\\save_box' );
add_action( 'rest_api_init', __NAMESPACE__ . '\\add_alert_field' );
add_action( 'enqueue_block_editor_assets', __NAMESPACE__ . '\\enqueue_panel' );

/**
 * The classic editor's box; the block editor leaves it out.
 *
 * @param string   $type The post's type.
 * @param \WP_Post $post The post.
 */
function add_box( $type, $post ) {
	if ( may_publish() && in_array( $type, setting( 'types' ), true ) && may_alert( $post->ID ) ) {
		add_meta_box( 'rejoinder-alert', __( 'Alert to readers', 'rejoinder' ), __NAMESPACE__ . '\\show_box', null, 'side', 'high', array( '__back_compat_meta_box' => true ) );
	}
}

/**
 * Whether whoever is at work here decides what goes out: contributors write, and others publish.
 *
 * @param int $id A post.
 */
function may_alert( $id ) {
	return current_user_can( 'edit_post', $id ) && current_user_can( 'publish_post', $id );
}

/**
 * What is in it.
 *
 * @param \WP_Post $post The post.
 */
function show_box( $post ) {
	$wish = alert_wish( $post->ID );
	// Of this post: other plugins save others in the same request.
	wp_nonce_field( "rejoinder_box_$post->ID", 'rejoinder_box' );
	?>
	<p><label><input type="checkbox" name="rejoinder_wanted" value="1" <?php checked( is_alert_wanted( $post ) ); ?>>
		<?php esc_html_e( 'Alert readers when this is published', 'rejoinder' ); ?></label></p>
	<p><label for="rejoinder-title"><?php esc_html_e( 'Title of the alert', 'rejoinder' ); ?></label>
		<input class="widefat" type="text" id="rejoinder-title" name="rejoinder_title" maxlength="500" value="<?php echo esc_attr( $wish['title'] ); ?>"
			placeholder="<?php esc_attr_e( 'The post’s own', 'rejoinder' ); ?>"></p>
	<p><label for="rejoinder-edition"><?php esc_html_e( 'Edition', 'rejoinder' ); ?></label>
		<input class="small-text" type="number" min="1" max="10000" id="rejoinder-edition" name="rejoinder_edition" value="<?php echo esc_attr( $wish['edition'] ); ?>"></p>
	<p class="description"><?php esc_html_e( 'Readers get one alert an edition. A higher number alerts once more.', 'rejoinder' ); ?></p>
	<?php
	foreach ( newest_alerts( $post->ID ) as $edition => $alert ) {
		echo '<p>' . esc_html( alert_text( $edition, $alert ) ) . '</p>';
	}
}

/**
 * Take what the box says.
 *
 * @param int $id The post.
 */
function save_box( $id ) {
	$nonce = isset( $_POST['rejoinder_box'] ) ? sanitize_key( $_POST['rejoinder_box'] ) : '';
	if ( ! wp_verify_nonce( $nonce, "rejoinder_box_$id" ) || ! may_alert( $id ) || wp_is_post_revision( $id ) || wp_is_post_autosave( $id ) ) {
		return;
	}
	set_alert_wish( $id, array(
		'wanted'  => empty( $_POST['rejoinder_wanted'] ) ? '0' : '1',
		'title'   => isset( $_POST['rejoinder_title'] ) ? sanitize_text_field( wp_unslash( $_POST['rejoinder_title'] ) ) : '',
		'edition' => isset( $_POST['rejoinder_edition'] ) ? absint( $_POST['rejoinder_edition'] ) : 1,
	) );
}

/** The same as a field of the post in WordPress's REST interface, for editors alone. */
function add_alert_field() {
	foreach ( setting( 'types' ) as $type ) {
		register_rest_field( $type, 'rejoinder_alert', array(
			'get_callback'    => __NAMESPACE__ . '\\alert_field',
			'update_callback' => __NAMESPACE__ . '\\update_alert_field',
			'schema'          => array(
				'type'       => 'object',
				'context'    => array( 'edit' ),
				'properties' => array(
					'wanted'  => array( 'type' => 'boolean' ),
					'title'   => array( 'type' => 'string', 'maxLength' => 500 ),
					'edition' => array( 'type' => 'integer', 'minimum' => 1, 'maximum' => 10000 ),
					'states'  => array( 'type' => 'array', 'items' => array( 'type' => 'string' ), 'readonly' => true ),
				),
			),
		) );
	}
	register_rest_route( 'rejoinder/v1', '/alerts/(?P<id>\d+)', array(
		'methods'             => 'GET',
		'callback'            => __NAMESPACE__ . '\\answer_alerts',
		'permission_callback' => function ( $request ) {
			return may_alert( (int) $request['id'] );
		},
	) );
}

/**
 * The field as it is by now. The panel asks in the background: what is due needn't wait for others.
 *
 * @param \WP_REST_Request $request Names the post.
 */
function answer_alerts( $request ) {
	$id = (int) $request['id'];
	if ( get_post_meta( $id, DUE, true ) ) {
		deliver_if_due();
	}
	newest_alerts( $id );
	return alert_field( array( 'id' => $id ) );
}

/**
 * The field's value.
 *
 * @param array $prepared The post, as the interface prepares it.
 */
function alert_field( $prepared ) {
	$post = get_post( $prepared['id'] );
	if ( ! $post || ! may_alert( $post->ID ) ) {
		return null;
	}
	$wish   = alert_wish( $post->ID );
	$alerts = alerts_of( $post->ID );
	return array(
		'wanted'  => is_alert_wanted( $post ),
		'title'   => $wish['title'],
		'edition' => $wish['edition'],
		'states'  => array_map( __NAMESPACE__ . '\\alert_text', array_keys( $alerts ), $alerts ),
		'running' => (bool) array_diff( wp_list_pluck( $alerts, 'state' ), array( 'sent', 'cancelled' ) ),
	);
}

/**
 * Take what the panel says, before what follows a save begins.
 *
 * @param array    $given The field.
 * @param \WP_Post $post  The post, which the caller may edit.
 */
function update_alert_field( $given, $post ) {
	if ( ! is_array( $given ) || ! may_alert( $post->ID ) ) {
		return;
	}
	if ( isset( $given['wanted'] ) ) {
		$given['wanted'] = $given['wanted'] ? '1' : '0';
	}
	set_alert_wish( $post->ID, $given );
}

/** The panel's script, where there is a post that may be alerted. */
function enqueue_panel() {
	$screen = get_current_screen();
	if ( ! may_publish() || ! $screen || 'post' !== $screen->base || ! in_array( $screen->post_type, setting( 'types' ), true ) ) {
		return;
	}
	$needs = array( 'wp-plugins', 'wp-edit-post', 'wp-element', 'wp-components', 'wp-data', 'wp-i18n', 'wp-api-fetch' );
	wp_enqueue_script( 'rejoinder-editor', plugins_url( 'assets/editor.js', FILE ), $needs, VERSION, true );
	wp_set_script_translations( 'rejoinder-editor', 'rejoinder' );
}
